/*
 * First byte: what the rest is: an address or network, a list of them, the row
 * of a trunk, the row of a site.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: network trunk site location field row aor strbuf err steps
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "../../modules/e911/err.h"
#include "../../modules/e911/site.h"
#include "../../modules/e911/trunk.h"
#include "../unit/ksr_stub.h"

static void must(int ok)
{
	if(!ok)
		abort();
}

static void check_network(const e911_network_t *n)
{
	char mem[E911_NETWORK_TEXT_MAX];
	e911_vicinity_t rule = {.bits4 = n->bits % 33, .bits6 = n->bits};
	e911_network_t again;
	e911_strbuf_t b;
	str text;

	must(n->family == 4 || n->family == 6);
	must(n->bits <= (n->family == 4 ? 32 : 128));
	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_network_put(&b, n);
	must(b.err == 0 && b.len > 0);
	text.s = b.s;
	text.len = (int)b.len;
	must(e911_network_read(&again, &text) == 0);
	must(e911_network_equal(n, &again));
	must(e911_network_has(n, n) && e911_network_near(&rule, n, &again));
}

static void fuzz_network(const str *text)
{
	e911_network_t n;

	memset(&n, 0x5a, sizeof(n));
	if(e911_network_read(&n, text) == 0)
		check_network(&n);
}

static void fuzz_networks(const str *text)
{
	e911_networks_t list;
	int i;

	if(e911_networks_read(&list, text))
		return;
	must(list.n >= 0 && list.n <= E911_NETWORKS_MAX);
	for(i = 0; i < list.n; i++) {
		check_network(&list.network[i]);
		must(e911_networks_have(&list, &list.network[i]));
	}
}

/* a text that ends within its memory */
static void check_text(const char *s, size_t size)
{
	must(memchr(s, '\0', size) != NULL);
}

static void check_bad(const str *row, const str *bad)
{
	must(bad->s >= row->s && bad->len >= 0
			&& bad->s + bad->len <= row->s + row->len);
}

static void check_source(const e911_source_t *s)
{
	check_text(s->header, sizeof(s->header));
	must(s->whence == E911_WHENCE_HEADER || s->header[0] == '\0');
}

static void fuzz_trunk(const str *row)
{
	e911_trunks_t *trunks;
	const e911_trunk_t *t;
	str bad = {NULL, 0};

	must(e911_trunks_new(&trunks) == 0);
	if(e911_trunks_add(trunks, row, &bad)) {
		check_bad(row, &bad);
		must(e911_trunks_nth(trunks, 0) == NULL);
	} else {
		t = e911_trunks_nth(trunks, 0);
		check_text(t->name, sizeof(t->name));
		check_text(t->domain, sizeof(t->domain));
		check_source(&t->key);
		check_source(&t->device);
		check_source(&t->network);
		must(t->key.whence != E911_WHENCE_NONE && t->from.n > 0);
		must(e911_trunks_find(trunks, &t->from.network[0]) == t);
		must(e911_trunks_add(trunks, row, &bad) == E911_ERR_TWICE);
	}
	e911_trunks_free(trunks);
}

static void check_site(const e911_site_t *s)
{
	int field;

	check_text(s->name, sizeof(s->name));
	check_text(s->domains, sizeof(s->domains));
	check_text(s->prefixes, sizeof(s->prefixes));
	check_text(s->attributes, sizeof(s->attributes));
	check_text(s->off, sizeof(s->off));
	check_text(s->page, sizeof(s->page));
	check_text(s->realms, sizeof(s->realms));
	check_text(s->callback, sizeof(s->callback));
	check_text(s->notify, sizeof(s->notify));
	check_text(s->country, sizeof(s->country));
	must(strpbrk(s->page, "<>\"\r\n ") == NULL);
	must(s->set >= 0 && s->last >= 0 && s->max_age >= 0);
	must(s->vicinity.bits4 >= 0 && s->vicinity.bits4 <= 32);
	must(s->vicinity.bits6 >= 0 && s->vicinity.bits6 <= 128);
	must(*e911_gate_name(s->gate) != '\0');
	must(!s->has_fallback || e911_location_check(&s->fallback, &field) == 0);
}

static void fuzz_site(const str *row)
{
	str bad = {NULL, 0}, aor = str_init("alice@a.example.com");
	const e911_site_t *s;
	e911_sites_t *sites;

	must(e911_sites_new(&sites) == 0);
	if(e911_sites_add(sites, row, &bad)) {
		check_bad(row, &bad);
		must(e911_sites_nth(sites, 1) == NULL);
		must(strcmp(e911_sites_nth(sites, 0)->name, "default") == 0);
	} else {
		s = e911_sites_nth(sites, 1);
		if(s == NULL)
			s = e911_sites_nth(sites, 0);
		check_site(s);
		must(e911_sites_find(sites, &aor, &aor) != NULL);
		must(e911_sites_add(sites, row, &bad) == E911_ERR_TWICE);
	}
	e911_sites_free(sites);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const what[])(const str *) = {
			fuzz_network, fuzz_networks, fuzz_trunk, fuzz_site};
	str rest = {(char *)data + 1, (int)size - 1};

	if(size == 0)
		return 0;
	what[data[0] % 4](&rest);
	must(ksr_blocks() == 0);
	return 0;
}
