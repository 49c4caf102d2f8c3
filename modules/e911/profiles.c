/*
 * e911: the profiles in force
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include "../../core/mem/shm_mem.h"
#include "../../core/trim.h"
#include "profiles.h"
#include "profile_rows.h"
#include "row.h"
#include "err.h"

#define LIMIT_MAX 254
#define LIST_END 255 /* of forms while they are read */

enum kind
{
	KIND_TEXT,
	KIND_WORD, /* one of words */
	KIND_COUNTRY,
	KIND_FORMS,
	KIND_IDENTITIES,
	KIND_METHODS,
	KIND_LIMITS,
	KIND_DROP,
	KIND_BITS, /* any of words */
	KIND_NEEDS,
	KIND_HEADERS,
	KIND_TOKEN,
	KIND_NETWORKS,
	KIND_LIKE
};

#define SLOTS (4 * E911_PROFILES_MAX) /* a power of two */

struct e911_profiles
{
	int n;
	int built_in; /* so many of them were there at first */
	int sourced;  /* one of them has source= */
	e911_profile_t *row[E911_PROFILES_MAX];
	/* by id, open addressing: index + 1 of the last row without a country */
	unsigned char slot[SLOTS];
};

static const char *const answers[] = {"no", "yes", NULL};
static const char *const places[] = {"as-set", "first", "last", NULL};
static const char *const tokens_in[] = {"identity", "geolocation", NULL};
static const char *const ruris[] = {"number", "urn", "destination", NULL};
static const char *const tos[] = {"keep", "ruri", NULL};
static const char *const identities[] = {
		"keep", "none", "callback", "elin", "id", "token", NULL};
static const char *const elements[] = {"device", "tuple", NULL};
static const char *const orders[] = {"shape-first", "civic-first", NULL};
static const char *const priorities[] = {"keep", "emergency", NULL};
static const char *const datas[] = {"provider", "service", "subscriber", NULL};
static const char *const transferreds[] = {"none", "default", "own", NULL};

#define AT(member) offsetof(e911_profile_t, member)
#define SIZE(member) sizeof(((e911_profile_t *)0)->member)

/* clang-format off */
static const struct column
{
	const char *name;
	unsigned char kind;
	unsigned short offset;
	unsigned short size;
	const char *const *words;
} columns[] = {
	{"name", KIND_TEXT, AT(name), SIZE(name), NULL},
	{"like", KIND_LIKE, 0, 0, NULL},
	{"country", KIND_COUNTRY, AT(country), SIZE(country), NULL},
	{"cites", KIND_TEXT, AT(cites), SIZE(cites), NULL},
	{"assumed", KIND_WORD, AT(assumed), 0, answers},
	{"convey", KIND_FORMS, 0, 0, NULL},
	{"place", KIND_WORD, AT(place), 0, places},
	{"routing", KIND_WORD, AT(routing), 0, answers},
	{"token_in", KIND_WORD, AT(token_in), 0, tokens_in},
	{"ruri", KIND_WORD, AT(ruri), 0, ruris},
	{"prefix", KIND_TOKEN, AT(prefix), SIZE(prefix), NULL},
	{"user_phone", KIND_WORD, AT(user_phone), 0, answers},
	{"to", KIND_WORD, AT(to), 0, tos},
	{"from", KIND_IDENTITIES, AT(from), 0, identities},
	{"pai", KIND_IDENTITIES, AT(pai), 0, identities},
	{"host", KIND_TOKEN, AT(host), SIZE(host), NULL},
	{"id", KIND_TOKEN, AT(id_name), SIZE(id_name), NULL},
	{"token", KIND_TOKEN, AT(token_name), SIZE(token_name), NULL},
	{"header", KIND_HEADERS, AT(headers), SIZE(headers), NULL},
	{"method", KIND_METHODS, 0, 0, NULL},
	{"element", KIND_WORD, AT(element), 0, elements},
	{"order", KIND_WORD, AT(civic_first), 0, orders},
	{"limit", KIND_LIMITS, 0, 0, NULL},
	{"drop", KIND_DROP, 0, 0, NULL},
	{"priority", KIND_WORD, AT(priority), 0, priorities},
	{"resource_priority", KIND_TOKEN, AT(resource_priority),
		SIZE(resource_priority), NULL},
	{"data", KIND_BITS, AT(data), 0, datas},
	{"nena", KIND_WORD, AT(nena), 0, answers},
	{"bypass", KIND_WORD, AT(bypass), 0, answers},
	{"needs", KIND_NEEDS, 0, 0, NULL},
	{"direct", KIND_TEXT, AT(direct), SIZE(direct), NULL},
	{"transferred", KIND_WORD, AT(transferred), 0, transferreds},
	{"source", KIND_NETWORKS, AT(source), 0, NULL},
};

/* headers that are not the profile's to write */
static const char *const refused[] = {"Via", "v", "Route", "Record-Route",
	"From", "f", "To", "t", "Call-ID", "i", "CSeq", "Contact", "m",
	"Max-Forwards", "Content-Type", "c", "Content-Length", "l",
	"Content-Encoding", "e", "Content-Disposition", "Geolocation",
	"Geolocation-Routing", "P-Asserted-Identity", "Priority",
	"Resource-Priority", "Require", "Proxy-Require", NULL};

static const char *const fillings[] = {"callback", "elin", "id", "token",
	"site", "latitude", "longitude", NULL};
/* clang-format on */

#define COLUMNS (sizeof(columns) / sizeof(*columns))

/* ----- single values ----- */

static int put_word(int *to, const char *const *words, const str *value)
{
	int i = e911_row_word(words, value);

	if(i < 0)
		return i;
	*to = i;
	return E911_OK;
}

static int put_bits(int *to, const char *const *words, const str *value)
{
	str rest = *value, item;
	int bits = 0, i;

	while(e911_row_item(&rest, &item)) {
		i = e911_row_word(words, &item);
		if(i < 0)
			return i;
		bits |= 1 << i;
	}
	*to = bits;
	return E911_OK;
}

static int put_needs(e911_profile_t *p, const str *value)
{
	static const char *const needs[] = {"civic", "valid", NULL};
	int bits, err = put_bits(&bits, needs, value);

	if(err)
		return err;
	p->needs_civic = bits & 1;
	p->needs_valid = bits >> 1;
	return E911_OK;
}

/* no blank, nothing that ends a header's value or a URI */
static int is_token(const str *s)
{
	int i;

	for(i = 0; i < s->len; i++)
		if((unsigned char)s->s[i] <= ' ' || (unsigned char)s->s[i] >= 0x7f
				|| strchr("<>\"@,;?", s->s[i]))
			return 0;
	return s->len > 0;
}

static int put_token(char *to, size_t size, const str *value)
{
	/* empty: as if there were none, where the row is like another */
	if(value->len == 0) {
		to[0] = '\0';
		return E911_OK;
	}
	return is_token(value) ? e911_row_text(to, size, value) : E911_ERR_VALUE;
}

static int put_country(e911_profile_t *p, const str *value)
{
	char mem[E911_FIELD_MAX];
	size_t n;

	if(e911_field_normal(E911_F_COUNTRY, value->s, value->len, mem, &n)
			|| n != 2)
		return E911_ERR_VALUE;
	memcpy(p->country, mem, 2);
	p->country[2] = '\0';
	return E911_OK;
}

/* ----- lists ----- */

/* Whatever is refused, in the end the call goes without a location: "none" is
 * the last form, said or not. */
static int put_forms(e911_profile_t *p, const str *value)
{
	unsigned char form[E911_FORMS_MAX];
	str rest = *value, item;
	int n = 0, i = LIST_END;

	while(e911_row_item(&rest, &item)) {
		if(i == E911_CONVEY_NONE)
			return E911_ERR_VALUE;
		i = e911_conveyance_find(&item);
		if(i < 0)
			return i;
		if(n == E911_FORMS_MAX || memchr(form, i, n))
			return n == E911_FORMS_MAX ? E911_ERR_FULL : E911_ERR_TWICE;
		form[n++] = (unsigned char)i;
	}
	if(n == 0)
		return E911_ERR_VALUE;
	if(i != E911_CONVEY_NONE && n == E911_FORMS_MAX)
		return E911_ERR_FULL;
	if(i != E911_CONVEY_NONE)
		form[n++] = E911_CONVEY_NONE;
	memcpy(p->form, form, n);
	p->forms = n;
	return E911_OK;
}

static int put_identities(unsigned char *to, const str *value)
{
	unsigned char list[E911_IDENTITIES_MAX] = {E911_IDENTITY_KEEP};
	str rest = *value, item;
	int n = 0, i;

	while(e911_row_item(&rest, &item)) {
		i = e911_row_word(identities, &item);
		if(i < 0)
			return i;
		if(n == E911_IDENTITIES_MAX)
			return E911_ERR_FULL;
		/* nothing comes behind one that always is there */
		if(n && list[n - 1] <= E911_IDENTITY_NONE)
			return E911_ERR_VALUE;
		list[n++] = (unsigned char)i;
	}
	if(n == 0)
		return E911_ERR_VALUE;
	memset(list + n, E911_IDENTITY_KEEP, sizeof(list) - n);
	memcpy(to, list, sizeof(list));
	return E911_OK;
}

/* "ours:theirs" at the colon */
static int split(const str *item, str *left, str *right)
{
	const char *colon = memchr(item->s, ':', item->len);

	if(colon == NULL)
		return E911_ERR_SYNTAX;
	left->s = item->s;
	left->len = (int)(colon - item->s);
	right->s = (char *)colon + 1;
	right->len = item->len - left->len - 1;
	trim(left);
	trim(right);
	return E911_OK;
}

static int put_methods(e911_profile_t *p, const str *value)
{
	char mem[E911_FIELD_MAX];
	str rest = *value, item, ours, theirs;
	size_t len;
	int n = 0;

	while(e911_row_item(&rest, &item)) {
		if(n == E911_METHODS_MAX)
			return E911_ERR_FULL;
		if(split(&item, &ours, &theirs)
				|| e911_field_normal(
						E911_F_METHOD, theirs.s, theirs.len, mem, &len)
				|| e911_row_text(p->ours[n], E911_WORD_MAX, &ours)
				|| e911_row_text(p->theirs[n], E911_WORD_MAX, &theirs))
			return E911_ERR_VALUE;
		n++;
	}
	p->methods = n;
	return E911_OK;
}

static int put_limits(e911_profile_t *p, const str *value)
{
	str rest = *value, item, field, most;
	int id, n;

	while(e911_row_item(&rest, &item)) {
		if(split(&item, &field, &most) || e911_row_number(&most, LIMIT_MAX, &n)
				|| n == 0)
			return E911_ERR_VALUE;
		id = e911_field_find(field.s, field.len);
		if(id < 0 || id >= E911_F_SHAPE || id == E911_F_COUNTRY)
			return E911_ERR_NAME;
		p->limit[id] = (unsigned char)n;
	}
	return E911_OK;
}

static int put_drop(e911_profile_t *p, const str *value)
{
	str rest = *value, item;
	int id;

	while(e911_row_item(&rest, &item)) {
		id = e911_field_find(item.s, item.len);
		if(id == E911_F_SHAPE)
			p->no_shape = 1;
		else if(id < 0 || id > E911_F_SHAPE)
			return E911_ERR_NAME;
		else
			p->limit[id] = E911_LIMIT_DROP;
	}
	return E911_OK;
}

/* ----- header lines ----- */

static int is_refused(const str *name)
{
	int i;

	for(i = 0; refused[i]; i++)
		if(strlen(refused[i]) == (size_t)name->len
				&& strncasecmp(refused[i], name->s, name->len) == 0)
			return 1;
	return 0;
}

static int check_fillings(const str *line)
{
	const char *s = line->s, *end = line->s + line->len, *close;
	str name;

	while((s = memchr(s, '{', end - s))) {
		close = memchr(s, '}', end - s);
		if(close == NULL)
			return E911_ERR_SYNTAX;
		name.s = (char *)s + 1;
		name.len = (int)(close - name.s);
		if(e911_row_word(fillings, &name) < 0)
			return E911_ERR_NAME;
		s = close;
	}
	return E911_OK;
}

static int check_line(const str *line)
{
	str name, value;
	int i;

	if(split(line, &name, &value))
		return E911_ERR_SYNTAX;
	for(i = 0; i < name.len; i++)
		if(!strchr("-.!%*_+`'~0123456789abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
				   name.s[i]))
			return E911_ERR_SYNTAX;
	for(i = 0; i < value.len; i++)
		if((unsigned char)value.s[i] < ' ' || value.s[i] == 0x7f)
			return E911_ERR_TEXT;
	if(name.len == 0 || is_refused(&name))
		return E911_ERR_VALUE;
	return check_fillings(&value);
}

static int put_headers(e911_profile_t *p, const str *value)
{
	const char *rest = p->headers;
	int err;
	str line;

	p->headers[0] = '\0';
	if(value->len == 0)
		return E911_OK;
	err = e911_row_text(p->headers, sizeof(p->headers), value);
	while(!err && e911_profile_line(&rest, &line))
		err = check_line(&line);
	return err;
}

/* ----- a row ----- */

static int put_column(
		e911_profile_t *p, const struct column *c, const str *value)
{
	void *to = (char *)p + c->offset;

	switch(c->kind) {
		case KIND_WORD:
			return put_word(to, c->words, value);
		case KIND_COUNTRY:
			return put_country(p, value);
		case KIND_FORMS:
			return put_forms(p, value);
		case KIND_IDENTITIES:
			return put_identities(to, value);
		case KIND_METHODS:
			return put_methods(p, value);
		case KIND_LIMITS:
			return put_limits(p, value);
		case KIND_DROP:
			return put_drop(p, value);
		case KIND_BITS:
			return put_bits(to, c->words, value);
		case KIND_NEEDS:
			return put_needs(p, value);
		case KIND_HEADERS:
			return put_headers(p, value);
		case KIND_TOKEN:
			return put_token(to, c->size, value);
		case KIND_NETWORKS:
			return e911_networks_read(to, value);
		case KIND_LIKE:
			return E911_OK; /* read before all others */
	}
	return e911_row_text(to, c->size, value);
}

static int put(
		e911_profile_t *p, const str *key, const str *value, uint64_t *given)
{
	size_t i;

	for(i = 0; i < COLUMNS; i++) {
		if(!e911_row_is(key, columns[i].name))
			continue;
		if(*given & 1ull << i)
			return E911_ERR_TWICE;
		*given |= 1ull << i;
		return put_column(p, &columns[i], value);
	}
	return E911_ERR_NAME;
}

/* the value of one key, wherever it stands in the row */
static int find_key(const str *row, const char *name, str *at, str *value)
{
	str rest = *row;

	while(e911_row_next(&rest, at, value) == 1)
		if(e911_row_is(at, name))
			return E911_OK;
	return E911_ERR_NONE;
}

/* the slot that has this id, or may have it */
static unsigned int slot_of(const e911_profiles_t *profiles, uint32_t id)
{
	unsigned int at = id % SLOTS;

	while(profiles->slot[at] && profiles->row[profiles->slot[at] - 1]->id != id)
		at = (at + 1) % SLOTS;
	return at;
}

/* those added later take the place of those built in; index, or -1 */
static int find(const e911_profiles_t *profiles, uint32_t id)
{
	return profiles->slot[slot_of(profiles, id)] - 1;
}

static int find_variant(
		const e911_profiles_t *profiles, uint32_t id, const char *country)
{
	int i;

	for(i = profiles->n - 1; i >= 0; i--)
		if(profiles->row[i]->id == id
				&& strcmp(profiles->row[i]->country, country) == 0)
			break;
	return i;
}

/* the first that is built in, or what took its place */
static const e911_profile_t *default_of(const e911_profiles_t *profiles)
{
	return profiles->n ? profiles->row[find(profiles, profiles->row[0]->id)]
					   : NULL;
}

/* What the row does not say is as with the one it is like; a variant is like
 * the profile it belongs to. */
static int begin(const e911_profiles_t *profiles, e911_profile_t *p,
		const str *row, str *bad)
{
	const e911_profile_t *like = default_of(profiles);
	str at = *row, name;

	if(find_key(row, "like", &at, &name) == 0
			|| (find_key(row, "country", &at, &name) == 0
					&& find_key(row, "name", &at, &name) == 0)) {
		like = e911_profiles_named(profiles, &name);
		*bad = at;
		if(like == NULL)
			return E911_ERR_NAME;
	}
	if(like)
		*p = *like;
	memset(p->name, 0, sizeof(p->name));
	memset(p->country, 0, sizeof(p->country));
	return E911_OK;
}

static int fill(const e911_profiles_t *profiles, e911_profile_t *p,
		const str *row, str *bad)
{
	str rest = *row, value;
	uint64_t given = 0;
	int got, err = begin(profiles, p, row, bad);

	if(err)
		return err;
	while((got = e911_row_next(&rest, bad, &value)) == 1) {
		err = put(p, bad, &value, &given);
		if(err)
			return err;
	}
	if(got < 0)
		return got;
	*bad = *row;
	return p->name[0] ? E911_OK : E911_ERR_MISSING;
}

/* One that takes the place of a built-in profile has no variants but those that
 * are given for it: what is built in was like the other. */
static int place(e911_profiles_t *profiles, e911_profile_t *p)
{
	str name = {p->name, (int)strlen(p->name)};
	int i, base;

	p->id = e911_row_id(&name);
	for(i = profiles->built_in; i < profiles->n; i++)
		if(profiles->row[i]->id == p->id
				&& strcmp(profiles->row[i]->country, p->country) == 0)
			return E911_ERR_TWICE;
	if(profiles->n == E911_PROFILES_MAX)
		return E911_ERR_FULL;
	base = find(profiles, p->id);
	p->has_variants = 0;
	if(p->country[0] && base >= 0)
		profiles->row[base]->has_variants = 1;
	profiles->sourced |= p->source.n > 0;
	profiles->row[profiles->n++] = p;
	if(p->country[0] == '\0')
		profiles->slot[slot_of(profiles, p->id)] = (unsigned char)profiles->n;
	return E911_OK;
}

int e911_profiles_add(e911_profiles_t *profiles, const str *row, str *bad)
{
	e911_profile_t *p = shm_mallocxz(sizeof(*p));
	int err;

	*bad = *row;
	if(p == NULL)
		return E911_ERR_MEM;
	err = fill(profiles, p, row, bad);
	if(!err)
		err = place(profiles, p);
	if(err)
		shm_free(p);
	return err;
}

int e911_profiles_new(e911_profiles_t **profiles)
{
	e911_profiles_t *all = shm_mallocxz(sizeof(*all));
	int i, err = all ? E911_OK : E911_ERR_MEM;
	str row, bad;

	for(i = 0; !err && e911_profile_rows[i]; i++) {
		row.s = (char *)e911_profile_rows[i];
		row.len = (int)strlen(row.s);
		err = e911_profiles_add(all, &row, &bad);
	}
	if(err) {
		e911_profiles_free(all);
		return err;
	}
	all->built_in = all->n;
	*profiles = all;
	return E911_OK;
}

void e911_profiles_free(e911_profiles_t *profiles)
{
	int i;

	if(profiles == NULL)
		return;
	for(i = 0; i < profiles->n; i++)
		shm_free(profiles->row[i]);
	shm_free(profiles);
}

/* ----- asked ----- */

const e911_profile_t *e911_profiles_named(
		const e911_profiles_t *profiles, const str *name)
{
	int i = find(profiles, e911_row_id(name));

	return i < 0 ? NULL : profiles->row[i];
}

/* who replaces a profile built in has replaced its variants, too */
const e911_profile_t *e911_profiles_with(
		const e911_profiles_t *profiles, uint32_t id, const str *country)
{
	int i = find(profiles, id), variant;
	char z[3] = "";

	if(i < 0)
		return default_of(profiles);
	if(country->len != 2 || !profiles->row[i]->has_variants)
		return profiles->row[i];
	memcpy(z, country->s, 2);
	variant = find_variant(profiles, id, z);
	return profiles->row[variant > i ? variant : i];
}

const e911_profile_t *e911_profiles_nth(
		const e911_profiles_t *profiles, int index)
{
	return index >= 0 && index < profiles->n ? profiles->row[index] : NULL;
}

int e911_profiles_trust(
		const e911_profiles_t *profiles, const e911_network_t *source)
{
	int i;

	for(i = 0; profiles->sourced && i < profiles->n; i++)
		if(e911_networks_have(&profiles->row[i]->source, source))
			return 1;
	return 0;
}
