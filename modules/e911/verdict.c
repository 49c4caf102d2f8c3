/*
 * e911: a validator's verdict, put into the location it is of
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include "err.h"
#include "verdict.h"

int e911_verdict_is_definite(const e911_assessment_t *a)
{
	return a->verdict == E911_VALID || a->verdict == E911_CORRECTED
		   || a->verdict == E911_INVALID;
}

static int is_of_validation(int id)
{
	return id == E911_F_VALIDATOR || id == E911_F_VALIDATED;
}

/* the address of one, all else of the other; in the order of the table */
static int join(e911_location_t *to, const e911_location_t *address,
		const e911_location_t *rest)
{
	int at = 0, id, err = E911_OK;
	str value;

	memcpy(to, rest, offsetof(e911_location_t, text));
	to->len = 0;
	while(!err && (at = e911_location_next(address, at, &id, &value))
			&& id < E911_F_SHAPE)
		err = e911_location_set(to, id, value.s, (size_t)value.len);
	for(at = 0; !err && (at = e911_location_next(rest, at, &id, &value));)
		if(id >= E911_F_SHAPE && !is_of_validation(id))
			err = e911_location_set(to, id, value.s, (size_t)value.len);
	return err;
}

static int sign(const e911_assessment_t *a, time_t now, e911_location_t *l)
{
	char date[24];
	int err, n = snprintf(date, sizeof(date), "%lld", (long long)now);

	err = e911_location_set(
			l, E911_F_VALIDATOR, a->validator, strlen(a->validator));
	if(!err)
		err = e911_location_set(l, E911_F_VALIDATED, date, (size_t)n);
	l->verdict = (unsigned char)a->verdict;
	return err;
}

int e911_verdict_apply(
		const e911_assessment_t *a, time_t now, e911_location_t *l)
{
	int rewritten = a->verdict != E911_INVALID && a->n > 0;
	e911_location_t to;
	int err = join(&to, rewritten ? &a->suggestion[0] : l, l);

	if(!err)
		err = sign(a, now, &to);
	if(!err)
		memcpy(l, &to, E911_LOCATION_SIZE(&to));
	return err;
}

time_t e911_verdict_date(const e911_location_t *l, str *validator)
{
	time_t when = 0;
	str date, name;
	int i;

	if(e911_location_get(l, E911_F_VALIDATED, &date)
			|| e911_location_get(l, E911_F_VALIDATOR, &name))
		return 0;
	for(i = 0; i < date.len; i++)
		when = when * 10 + (date.s[i] - '0');
	if(validator)
		*validator = name;
	return when;
}
