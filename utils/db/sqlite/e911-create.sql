-- SPDX-License-Identifier: GPL-2.0-or-later
-- Written by utils/db/generate from utils/db/schema: do not edit.

CREATE TABLE IF NOT EXISTS version (
    id INTEGER PRIMARY KEY NOT NULL,
    table_name VARCHAR(32) NOT NULL,
    table_version INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT version_table_name_idx UNIQUE (table_name)
);

CREATE TABLE IF NOT EXISTS e911_call (
    id INTEGER PRIMARY KEY NOT NULL,
    callid VARCHAR(191) NOT NULL,
    tag VARCHAR(64) DEFAULT '' NOT NULL,
    caller VARCHAR(64) DEFAULT '' NOT NULL,
    aor VARCHAR(128) DEFAULT '' NOT NULL,
    device VARCHAR(128) DEFAULT '' NOT NULL,
    contact VARCHAR(255) DEFAULT '' NOT NULL,
    source VARCHAR(96) DEFAULT '' NOT NULL,
    site VARCHAR(32) DEFAULT '' NOT NULL,
    trunk INTEGER DEFAULT 0 NOT NULL,
    proven INTEGER DEFAULT 0 NOT NULL,
    test INTEGER DEFAULT 0 NOT NULL,
    callback VARCHAR(32) DEFAULT '' NOT NULL,
    elin VARCHAR(32) DEFAULT '' NOT NULL,
    reference VARCHAR(32) DEFAULT '' NOT NULL,
    started BIGINT DEFAULT 0 NOT NULL,
    ended BIGINT DEFAULT 0 NOT NULL,
    location TEXT NOT NULL,
    CONSTRAINT e911_call_callid_idx UNIQUE (callid)
);

DELETE FROM version WHERE table_name = 'e911_call';
INSERT INTO version (table_name, table_version) VALUES ('e911_call', 1);

CREATE TABLE IF NOT EXISTS e911_consent (
    id INTEGER PRIMARY KEY NOT NULL,
    aor VARCHAR(128) NOT NULL,
    version VARCHAR(32) DEFAULT '' NOT NULL,
    acknowledged BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT e911_consent_aor_idx UNIQUE (aor)
);

DELETE FROM version WHERE table_name = 'e911_consent';
INSERT INTO version (table_name, table_version) VALUES ('e911_consent', 1);

CREATE TABLE IF NOT EXISTS e911_location (
    id INTEGER PRIMARY KEY NOT NULL,
    aor VARCHAR(128) NOT NULL,
    contact VARCHAR(128) DEFAULT '' NOT NULL,
    site VARCHAR(32) DEFAULT '' NOT NULL,
    place INTEGER DEFAULT 0 NOT NULL,
    moved INTEGER DEFAULT 0 NOT NULL,
    bound INTEGER DEFAULT 0 NOT NULL,
    expires BIGINT DEFAULT 0 NOT NULL,
    gone BIGINT DEFAULT 0 NOT NULL,
    seen VARCHAR(64) DEFAULT '' NOT NULL,
    changed BIGINT DEFAULT 0 NOT NULL,
    places TEXT NOT NULL,
    CONSTRAINT e911_location_aor_contact_idx UNIQUE (aor, contact)
);

DELETE FROM version WHERE table_name = 'e911_location';
INSERT INTO version (table_name, table_version) VALUES ('e911_location', 1);

CREATE TABLE IF NOT EXISTS e911_msag (
    id INTEGER PRIMARY KEY NOT NULL,
    predir VARCHAR(16) DEFAULT '' NOT NULL,
    street VARCHAR(64) NOT NULL,
    suffix VARCHAR(32) DEFAULT '' NOT NULL,
    postdir VARCHAR(16) DEFAULT '' NOT NULL,
    low INTEGER NOT NULL,
    high INTEGER NOT NULL,
    parity VARCHAR(1) DEFAULT 'B' NOT NULL,
    community VARCHAR(64) NOT NULL,
    county VARCHAR(64) DEFAULT '' NOT NULL,
    state VARCHAR(32) NOT NULL,
    country VARCHAR(2) DEFAULT '' NOT NULL,
    esn VARCHAR(60) DEFAULT '' NOT NULL,
    psap VARCHAR(60) DEFAULT '' NOT NULL
);

DELETE FROM version WHERE table_name = 'e911_msag';
INSERT INTO version (table_name, table_version) VALUES ('e911_msag', 1);

CREATE TABLE IF NOT EXISTS e911_notice (
    id INTEGER PRIMARY KEY NOT NULL,
    notice VARCHAR(64) NOT NULL,
    node INTEGER DEFAULT 0 NOT NULL,
    recipient VARCHAR(32) NOT NULL,
    happened BIGINT DEFAULT 0 NOT NULL,
    expires BIGINT DEFAULT 0 NOT NULL,
    facts TEXT NOT NULL,
    events TEXT NOT NULL,
    CONSTRAINT e911_notice_notice_idx UNIQUE (notice)
);

DELETE FROM version WHERE table_name = 'e911_notice';
INSERT INTO version (table_name, table_version) VALUES ('e911_notice', 1);

CREATE TABLE IF NOT EXISTS e911_record (
    id INTEGER PRIMARY KEY NOT NULL,
    node VARCHAR(64) NOT NULL,
    seq BIGINT NOT NULL,
    call_id VARCHAR(32) DEFAULT '' NOT NULL,
    who VARCHAR(32) DEFAULT '' NOT NULL,
    kind VARCHAR(16) NOT NULL,
    at BIGINT NOT NULL,
    summary TEXT NOT NULL,
    detail TEXT NOT NULL,
    digest VARCHAR(64) DEFAULT '' NOT NULL,
    document TEXT NOT NULL,
    document_digest VARCHAR(64) DEFAULT '' NOT NULL,
    mac VARCHAR(64) NOT NULL,
    CONSTRAINT e911_record_seq_idx UNIQUE (node, seq)
);

DELETE FROM version WHERE table_name = 'e911_record';
INSERT INTO version (table_name, table_version) VALUES ('e911_record', 1);

CREATE TABLE IF NOT EXISTS e911_setting (
    id INTEGER PRIMARY KEY NOT NULL,
    parameter VARCHAR(32) NOT NULL,
    value TEXT NOT NULL
);

DELETE FROM version WHERE table_name = 'e911_setting';
INSERT INTO version (table_name, table_version) VALUES ('e911_setting', 1);
