/*
 * e911: what a reference to a location refers to
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <time.h>
#include "../../core/dprint.h"
#include "additional.h"
#include "cache.h"
#include "caller.h"
#include "deref.h"
#include "err.h"
#include "hash.h"
#include "held.h"
#include "ledger.h"
#include "settings.h"
#include "stats.h"
#include "verdict.h"

static str text_of(const char *z)
{
	str s = {(char *)z, (int)strlen(z)};

	return s;
}

/* From which network a trunk's caller is heard, or which of the AoR's devices
 * that without a record is, the entry does not tell: what was stated before the
 * call may be another place of his. */
static int is_his(const e911_entry_t *entry, const e911_location_t *l,
		const e911_finding_t *f)
{
	return (f->found != E911_FOUND_ONLY && !entry->trunk)
		   || l->stated >= entry->started;
}

/* as the call has it where its caller has none (RFC 6881 SP-22) */
static const e911_location_t *default_of(
		const e911_entry_t *entry, e911_location_t *l)
{
	const e911_site_t *site = e911_settings_site(entry->site);

	if(!site->has_fallback)
		return NULL;
	memcpy(l, &site->fallback, E911_LOCATION_SIZE(&site->fallback));
	l->stated = time(NULL);
	return l;
}

/* What is there now, if it is his. Named unusable it is as if none were stated,
 * and so is the call's copy of it. */
static const e911_location_t *judge(
		const e911_entry_t *entry, e911_location_t *l, const e911_finding_t *f)
{
	const e911_location_t *of_call = entry->located ? &entry->location : NULL;

	if((of_call == NULL || !e911_verdict_same(l, of_call))
			&& !is_his(entry, l, f))
		return of_call;
	return e911_site_rejects(e911_settings_site(entry->site), l)
				   ? default_of(entry, l)
				   : l;
}

/* The location in force, else the one the call had; NULL: there is none, or
 * nobody may be told any more (RFC 4119 section 2.2.2). */
static const e911_location_t *current(const e911_entry_t *entry)
{
	static const e911_where_from_t anywhere;
	static e911_location_t l; /* too large for a stack */
	static e911_finding_t f;
	const e911_location_t *found = entry->located ? &entry->location : NULL;
	str aor = text_of(entry->aor);
	e911_device_t device = {1, {text_of(entry->device)}};

	if(entry->proven) {
		device.n = device.name[0].len > 0;
		e911_cache_find(&aor, &device, &anywhere, &l, &f);
		if(f.found != E911_FOUND_NONE)
			found = judge(entry, &l, &f);
	}
	return found && found->until && found->until < time(NULL) ? NULL : found;
}

/* A location that does not fit is a fault of ours, and said to be one. */
static int answer(e911_strbuf_t *b, const e911_entry_t *entry,
		const e911_held_request_t *request)
{
	str aor = text_of(entry->aor), device = text_of(entry->device);
	char mem[E911_CALLER_URIS_MAX];
	e911_pidf_how_t how;
	uint64_t who = e911_hash(aor.s, (size_t)aor.len);
	int code = E911_HELD_GENERAL;

	if(e911_caller_describe(&aor, who, &device, mem, &how) == 0)
		code = e911_held_answer(b, request, current(entry), &how);
	if(code != E911_HELD_GENERAL && b->err == 0)
		return code;
	e911_strbuf_init(b, b->s, b->max);
	e911_held_error(b, E911_HELD_GENERAL);
	return E911_HELD_GENERAL;
}

static void tell(const e911_entry_t *entry, const char *what)
{
	e911_stats_count(E911_STAT_REFERENCES_SERVED);
	LM_NOTICE("%s of %016llx given by its reference\n", what,
			(unsigned long long)e911_hash(entry->aor, strlen(entry->aor)));
}

int e911_deref(const str *token, const str *request, e911_strbuf_t *b)
{
	static e911_entry_t entry; /* too large for a stack */
	e911_held_request_t asked;
	int code = e911_held_read(request->s, request->len, &asked);
	int err = e911_ledger_by_reference(token, &entry);

	if(err)
		return err;
	if(code)
		e911_held_error(b, code);
	else
		code = answer(b, &entry, &asked);
	if(code == E911_HELD_GENERAL)
		LM_ERR("a location asked for by its reference: no memory, or too "
			   "large\n");
	if(code == E911_HELD_OK)
		tell(&entry, "location");
	return E911_OK;
}

int e911_deref_data(const str *token, int block, e911_strbuf_t *b)
{
	static e911_entry_t entry;
	e911_about_t about = {.provider = &e911_settings()->provider};
	int err = about.provider->name[0] ? e911_ledger_by_reference(token, &entry)
									  : E911_ERR_NONE;

	if(err)
		return err;
	about.callid = text_of(entry.callid);
	/* as by value: nobody is said to be who he is not proven to be */
	if(entry.proven) {
		about.name = text_of(entry.caller);
		about.number = text_of(entry.callback);
	}
	e911_additional_write(b, block, &about);
	if(b->err)
		return b->err;
	tell(&entry, e911_additional_name(block));
	return E911_OK;
}
