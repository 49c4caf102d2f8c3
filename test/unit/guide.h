/*
 * Locations as one line of text, for tests of the guide of streets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GUIDE_H
#define GUIDE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../modules/e911/msag_file.h"
#include "ksr_stub.h"
#include "tight.h"

#define SAMPLE "data/msag/sample.csv"

static inline void set_value(e911_location_t *l, const char *name, size_t n,
		const char *v, size_t len)
{
	int id = e911_field_find(name, n);

	assert_true(id >= 0);
	assert_int_equal(e911_location_set(l, id, v, len), 0);
}

/** "A1=TX;A3=Quillbrook;…" */
static inline void locate(e911_location_t *l, const char *text)
{
	const char *is, *end;

	e911_location_init(l, E911_FROM_RPC, 0);
	for(; *text; text = *end ? end + 1 : end) {
		is = strchr(text, '=');
		end = strchrnul(text, ';');
		assert_true(is && is < end);
		set_value(l, text, (size_t)(is - text), is + 1, (size_t)(end - is - 1));
	}
}

/** The same back. */
static inline const char *located(const e911_location_t *l)
{
	static char mem[4096];
	int at = 0, id, n = 0;
	str v;

	mem[0] = '\0';
	while((at = e911_location_next(l, at, &id, &v)))
		n += sprintf(mem + n, "%s%s=%.*s", n ? ";" : "", e911_field(id)->name.s,
				v.len, v.s);
	return mem;
}

static inline e911_msag_t *guide_of(const char *path)
{
	e911_msag_fault_t fault;
	e911_msag_t *m;

	assert_int_equal(e911_msag_new(&m), 0);
	assert_int_equal(e911_msag_file_read(m, path, &fault), 0);
	assert_int_equal(e911_msag_finish(m), 0);
	return m;
}

#endif
