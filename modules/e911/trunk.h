/*
 * e911: trunks: sources whose word on the caller is taken
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A PBX, a contact centre's cloud or an edge proxy of one's own: every call
 * comes from one address, and who calls stands in the message. The address of
 * a trunk is never a contact, and never a sign that one has moved. Built in
 * shared memory by one process, then only read.
 */
#ifndef E911_TRUNK_H
#define E911_TRUNK_H

#include "network.h"

#define E911_TRUNKS_MAX 256
#define E911_TRUNK_NAME_MAX 32
#define E911_TRUNK_HEADER_MAX 40

/* Where in the message something stands. */
enum e911_whence
{
	E911_WHENCE_NONE,
	E911_WHENCE_FROM,	 /* From */
	E911_WHENCE_PAI,	 /* P-Asserted-Identity, RFC 3325; a SIP URI first */
	E911_WHENCE_CONTACT, /* Contact: instance, GRUU, URI */
	E911_WHENCE_VIA,	 /* where the trunk had it from: the second Via */
	E911_WHENCE_HEADER	 /* a header of that name */
};

typedef struct e911_source
{
	int whence;
	char header[E911_TRUNK_HEADER_MAX];
} e911_source_t;

typedef struct e911_trunk
{
	char name[E911_TRUNK_NAME_MAX];
	e911_networks_t from;
	char domain[128];	   /* host of a caller who is only a number */
	e911_source_t key;	   /* who calls */
	e911_source_t device;  /* from which device, if that is told */
	e911_source_t network; /* from which network, if that is told */
} e911_trunk_t;

typedef struct e911_trunks e911_trunks_t;

int e911_trunks_new(e911_trunks_t **trunks);
void e911_trunks_free(e911_trunks_t *trunks);
/**
 * Adds "name=…;source=192.0.2.0/24,…;key=pai|from|header:NAME;domain=…;
 * device=none|contact|header:NAME;network=none|via|header:NAME". key is pai
 * where it is missing, device and network are none. Errors: those of rows and
 * networks, FULL, MEM; TWICE for a name; MISSING: no name or no source. bad is
 * the key at fault, in the row's memory.
 */
int e911_trunks_add(e911_trunks_t *trunks, const str *row, str *bad);
/** The first whose source this address is one of; NULL. */
const e911_trunk_t *e911_trunks_find(
		const e911_trunks_t *trunks, const e911_network_t *address);
/** "pai", "header", …: as it is written in a row. */
const char *e911_whence_name(const e911_source_t *source);
const e911_trunk_t *e911_trunks_nth(const e911_trunks_t *trunks, int index);

#endif
