/*
 * e911: the notary
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../core/dprint.h"
#include "consent.h"
#include "err.h"
#include "hash.h"
#include "notary.h"
#include "record.h"
#include "stats.h"
#include "store.h"
#include "trouble.h"

#define PAGE 200 /* rows read at a time */
#define SHARE 64 /* written before locations have their turn */

static uint64_t read_up_to; /* id of the last row read */
static int is_read;
static unsigned int taken;

static e911_trouble_t trouble = {
		.table = "e911_consent",
		.without = "after a restart nobody has acknowledged anything",
		.meanwhile = "changes are kept until it is back",
};

static void tell_missing(void)
{
	e911_consent_change_t change;

	/* whoever shows no advisory needs no table */
	if(e911_consent_changed(&change) == 0)
		e911_trouble_missing(&trouble);
}

/* ----- reading all ----- */

static void take_row(
		const str *aor, const str *version, time_t when, uint64_t id)
{
	int err = e911_consent_restore(aor, version, when);

	if(id > read_up_to)
		read_up_to = id;
	taken += err == 0;
	/* it is the newer one that is there already */
	if(err && err != E911_ERR_TWICE)
		LM_ERR("database: row %llu of e911_consent: %s\n",
				(unsigned long long)id, e911_err_text(err));
}

static int read_page(void)
{
	uint64_t before = read_up_to;
	int n = e911_store_consents(read_up_to, PAGE, take_row);

	if(n < 0)
		return n;
	if(n == PAGE && read_up_to > before)
		return 1;
	is_read = 1;
	LM_NOTICE("database: %u consents read\n", taken);
	return 1;
}

/* ----- writing ----- */

static int write_change(const e911_consent_change_t *c)
{
	int err = e911_store_begin();

	if(!err)
		err = e911_store_consent(&c->aor, c->erased ? NULL : &c->consent);
	if(!err)
		err = e911_store_commit();
	if(err)
		e911_store_rollback();
	return err;
}

/* Is it this one that the table does not take, while it takes another? */
static int is_refused(const e911_consent_change_t *c)
{
	static const e911_consent_t any = {"-", 0};
	static const str nobody = str_init("");
	int refused = 0, err = e911_store_begin();

	if(!err)
		err = e911_store_consent(&nobody, &any);
	if(!err)
		refused = e911_store_consent(&c->aor, c->erased ? NULL : &c->consent)
				  != 0;
	e911_store_rollback();
	return refused;
}

/* 1: one was written, or left out; 0: there is none */
static int write_next(void)
{
	e911_consent_change_t c;
	int err;

	if(e911_consent_changed(&c))
		return 0;
	err = write_change(&c);
	if(err && !is_refused(&c))
		return err;
	e911_consent_stored(&c);
	if(err) {
		e911_stats_count(E911_STAT_STORE_REFUSED);
		LM_ERR("database: does not take the consent of %016llx\n",
				(unsigned long long)e911_hash(c.aor.s, (size_t)c.aor.len));
	}
	return 1;
}

static int write_some(void)
{
	int i, did = 1;

	for(i = 0; i < SHARE && did > 0; i++)
		did = write_next();
	return did;
}

/* ----- life ----- */

void e911_notary_finish(void)
{
	is_read = 1;
}

int e911_notary_serve(void)
{
	int did;

	if(!e911_store_keeps_consents()) {
		tell_missing();
		return 0;
	}
	if(e911_trouble_rests(&trouble))
		return 0;
	did = is_read ? write_some() : read_page();
	return e911_trouble_settle(&trouble, did);
}
