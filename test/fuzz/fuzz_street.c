/*
 * Lines: community, road, suffix, house number of an address; each is also
 * taken alone for what it may be.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: msag msag_index msag_sort msag_pool msag_query suggest spell
 * needs: postal location field err strbuf
 */
#include <stdint.h>
#include <stdlib.h>
#include "../../modules/e911/street.c"
#include "../../modules/e911/msag.h"
#include "../unit/ksr_stub.h"

static void must(int ok)
{
	if(!ok)
		abort();
}

/* A name that is in normal form stays as it is. */
static void fuzz_words(const str *text)
{
	e911_street_t s, again;
	e911_words_t w, v;
	str name;
	int i, kind = 0, at;

	e911_words_init(&w);
	if(e911_words_add(&w, text))
		return;
	for(i = 0; i < w.n; i++)
		must(w.word[i].len > 0 && w.raw[i].s >= text->s
				&& w.raw[i].s + w.raw[i].len <= text->s + text->len);
	at = e911_words_unit(&w, &kind);
	must(at >= 0 && at < E911_WORDS_MAX && (at > 0) == (kind != 0));
	for(i = 0; i < 4; i++) {
		if(e911_street_normal(&s, &w, i))
			continue;
		must(s.len > 0 && s.len <= sizeof(s.name));
		must(e911_street_equal(&s, &s));
		name.s = s.name;
		name.len = s.len;
		e911_words_init(&v);
		must(e911_words_add(&v, &name) == 0);
		(void)e911_street_normal(&again, &v, i);
	}
}

static void fuzz_values(const str *text)
{
	char mem[E911_COMMUNITY_MAX];
	e911_house_t h;
	size_t len;

	if(e911_house_read(&h, text) == 0) {
		must(h.number <= 999999999);
		must(h.prefix.len >= 0 && h.suffix.len >= 0);
		must(h.prefix.len + h.suffix.len < text->len);
	}
	if(e911_community_normal(text, mem, &len) == 0)
		must(len > 0 && len <= sizeof(mem));
	if(e911_county_normal(text, mem, &len) == 0)
		must(len > 0 && len <= sizeof(mem));
	(void)e911_state_normal(text, mem);
}

static e911_msag_t *guide(void)
{
	static const char *const names[] = {"MAIN", "OAK PARK", "1ST",
			"WHISPERING WILLOW", "ST ALDER", "NORTH", "COUNTY ROAD 12"};
	e911_msag_row_t row = {.suffix = str_init("ST"),
			.community = str_init("QUILLBROOK"),
			.state = str_init("TX"),
			.low = 100,
			.high = 198,
			.parity = 'E'};
	static e911_msag_t *m;
	const char *bad;
	size_t i;

	if(m)
		return m;
	must(e911_msag_new(&m) == 0);
	for(i = 0; i < sizeof(names) / sizeof(*names); i++) {
		row.street.s = (char *)names[i];
		row.street.len = (int)strlen(names[i]);
		must(e911_msag_add(m, &row, &bad) == 0);
	}
	must(e911_msag_finish(m) == 0);
	return m;
}

/* Whatever is suggested is valid. */
static void fuzz_address(const str line[4])
{
	static const int fields[] = {E911_F_A3, E911_F_RD, E911_F_STS, E911_F_HNO};
	static e911_assessment_t a, again;
	e911_location_t l;
	int i;

	e911_location_init(&l, E911_FROM_RPC, 0);
	must(e911_location_set(&l, E911_F_A1, "TX", 2) == 0);
	for(i = 0; i < 4; i++)
		if(line[i].len)
			(void)e911_location_set(
					&l, fields[i], line[i].s, (size_t)line[i].len);
	e911_msag_assess(guide(), &l, &a);
	must(a.n >= 0 && a.n <= E911_SUGGESTIONS_MAX);
	for(i = 0; i < a.n; i++) {
		e911_msag_assess(guide(), &a.suggestion[i], &again);
		must(again.verdict == E911_VALID);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str rest = {(char *)data, (int)size}, line[4];
	char *end;
	int i;

	memset(line, 0, sizeof(line));
	for(i = 0; i < 4 && rest.len > 0; i++) {
		end = memchr(rest.s, '\n', rest.len);
		line[i].s = rest.s;
		line[i].len = end ? (int)(end - rest.s) : rest.len;
		rest.s += line[i].len + (end != NULL);
		rest.len -= line[i].len + (end != NULL);
		fuzz_words(&line[i]);
		fuzz_values(&line[i]);
	}
	fuzz_address(line);
	return 0;
}
