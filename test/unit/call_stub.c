/*
 * A call at the first step of its ladder.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../modules/e911/proof.h"
#include "../../modules/e911/row.h"
#include "call_stub.h"
#include "ksr_stub.h"

e911_settings_t call_settings;
e911_site_t call_site;
static e911_call_t *current;

const e911_settings_t *e911_settings(void)
{
	return &call_settings;
}

const e911_site_t *e911_settings_site(uint32_t id)
{
	(void)id;
	return &call_site;
}

void call_keep(e911_call_t *call, const char *text, e911_slice_t *slice)
{
	str s = {(char *)text, (int)strlen(text)};

	e911_call_keep(call, &s, slice);
}

void call_to(e911_call_t *call, const char *uri)
{
	call_keep(call, uri, &call->ladder[0].uri);
}

e911_call_t *call_new(void)
{
	memset(&call_settings, 0, sizeof(call_settings));
	memset(&call_site, 0, sizeof(call_site));
	strcpy(call_site.name, "hq");
	assert_int_equal(e911_profiles_new(&call_settings.profiles), 0);
	/* with what another call has left there */
	current = malloc(sizeof(*current));
	assert_non_null(current);
	memset(current, 0xa5, sizeof(*current));
	e911_call_init(current);
	memset(current->ladder, 0, sizeof(current->ladder));
	current->proof = E911_PROOF_SCRIPT;
	current->steps = 1;
	current->step = 0;
	current->ladder[0].profile =
			e911_profiles_nth(call_settings.profiles, 0)->id;
	call_to(current, "sip:192.0.2.10:5060");
	call_keep(current, "911", &current->number);
	call_keep(current, "urn:service:sos", &current->urn);
	call_keep(current, "alice@example.com", &current->aor);
	call_keep(current, "a84b4c76e66710@pc33", &current->callid);
	return current;
}

int call_end(void)
{
	e911_profiles_free(call_settings.profiles);
	call_settings.profiles = NULL;
	free(current);
	current = NULL;
	return ksr_blocks() != 0;
}

void call_profile(e911_call_t *call, const char *columns)
{
	static int n;
	char row[600], name[16];
	str s = {row, 0}, id = {name, 0}, bad;

	id.len = sprintf(name, "own%d", ++n);
	s.len = snprintf(row, sizeof(row), "name=%s;%s", name, columns);
	if(e911_profiles_add(call_settings.profiles, &s, &bad))
		fail_msg("%s: %.*s", columns, bad.len, bad.s);
	call->ladder[0].profile = e911_row_id(&id);
}

void call_put(e911_location_t *location, const char *fields)
{
	str rest = {(char *)fields, (int)strlen(fields)}, key, value;
	int id;

	while(e911_row_next(&rest, &key, &value) == 1) {
		id = e911_field_find(key.s, key.len);
		if(e911_location_set(location, id, value.s, value.len))
			fail_msg("%s", fields);
	}
}

void call_locate(e911_call_t *call, const char *fields)
{
	call->located = 1;
	call->location.origin = E911_FROM_RPC;
	call_put(&call->location, fields);
}
