/*
 * e911: registered contacts
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <time.h>
#include "../../core/dprint.h"
#include "../../core/dset.h"
#include "../../core/forward.h"
#include "../../core/sr_module.h"
#include "../../core/xavp.h"
#include "../../core/parser/parse_rr.h"
#include "../../core/parser/parse_uri.h"
#include "../registrar/api.h"
#include "../usrloc/hslot.h"
#include "../usrloc/udomain.h"
#include "../usrloc/usrloc.h"
#include "registration.h"
#include "row.h"
#include "err.h"

static usrloc_api_t ul;		   /* register_ulcb NULL: usrloc is not there */
static const char *table_name; /* NULL: usrloc is not asked */
static udomain_t *contacts;
static int may_wait; /* this process, for usrloc's lock */
static e911_contact_f tell_contact;
static registrar_api_t registrar; /* lookup_uri NULL: it is not there */
static const int *skips_own_path; /* registrar's path_check_local */

/* ----- what usrloc tells ----- */

/* FNV-1a, eight bytes at a time: tells whether a contact is as it was */
static uint64_t mix(uint64_t h, const str *s)
{
	uint64_t word;
	int i;

	for(i = 0; i + 8 <= s->len; i += 8) {
		memcpy(&word, s->s + i, 8);
		h = (h ^ word) * 0x100000001b3ULL;
	}
	if(i < s->len && s->len >= 8) {
		memcpy(&word, s->s + s->len - 8, 8);
		h = (h ^ word) * 0x100000001b3ULL;
	}
	for(; s->len < 8 && i < s->len; i++)
		h = (h ^ (unsigned char)s->s[i]) * 0x100000001b3ULL;
	h = (h ^ (uint64_t)s->len) * 0x100000001b3ULL;
	return h ^ h >> 29;
}

static uint64_t mark_of(const e911_ucontact_t *u)
{
	uint64_t h = mix(0xcbf29ce484222325ULL, &u->c);

	if(u->received.len)
		h = mix(h, &u->received);
	if(u->instance.len)
		h = ~mix(h, &u->instance);
	h ^= (uint64_t)(uint32_t)u->tcpconn_id << 32;
	return h ? h : 1;
}

static int has_capitals(const str *s)
{
	int i, n = 0;

	for(i = 0; i < s->len; i++)
		n |= (unsigned char)(s->s[i] - 'A') < 26;
	return n;
}

/* nearly all are in lower case already */
static int lower(const str *given, char mem[E911_AOR_MAX], str *aor)
{
	int i;
	char c;

	if(given->len > E911_AOR_MAX)
		return E911_ERR_LONG;
	*aor = *given;
	if(!has_capitals(given))
		return E911_OK;
	for(i = 0; i < given->len; i++) {
		c = given->s[i];
		mem[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	aor->s = mem;
	aor->len = given->len;
	return E911_OK;
}

/* usrloc has one name of each table, at one place */
static int is_table(const str *name)
{
	static const str *ours;

	if(name == ours && name)
		return 1;
	if(name == NULL || table_name == NULL
			|| strlen(table_name) != (size_t)name->len
			|| memcmp(table_name, name->s, name->len) != 0)
		return 0;
	ours = name;
	return 1;
}

#define TERM_MAX 0x3fffffff

/* usrloc has read the clock once for both times, where it has set both */
static uint32_t deadline_of(const e911_ucontact_t *u)
{
	time_t term = u->expires - u->last_modified;

	return u->last_modified > 0 && term > 0 && term < TERM_MAX
				   ? e911_now() + (uint32_t)term
				   : e911_deadline(u->expires);
}

static void on_contact(e911_ucontact_t *u, int type, void *param)
{
	int left = type & (UL_CONTACT_DELETE | UL_CONTACT_EXPIRE);
	char mem[E911_AOR_MAX];
	str aor;

	/* other tables hold other people; a user that is written like an AoR of
	 * his own is none where AoRs are users alone */
	if(!is_table(u->domain) || lower(u->aor, mem, &aor)
			|| (!ul.use_domain && memchr(aor.s, '@', aor.len)))
		return;
	tell_contact(left ? E911_CONTACT_LEFT : E911_CONTACT_CAME, &aor, mark_of(u),
			deadline_of(u), u);
}

int e911_registration_init(e911_contact_f tell)
{
	bind_usrloc_t bind =
			(bind_usrloc_t)(void *)find_export("ul_bind_usrloc", 1, 0);

	if(bind == NULL || bind(&ul) < 0) {
		memset(&ul, 0, sizeof(ul));
		return E911_ERR_NONE;
	}
	tell_contact = tell;
	return ul.register_ulcb(ULCB_MAX, on_contact, NULL) < 0 ? E911_ERR_MEM
															: E911_OK;
}

int e911_registration_by_user(void)
{
	return ul.register_ulcb && !ul.use_domain;
}

/* there once the script, or KEMI, has asked for it */
static int has_table(void)
{
	if(contacts == NULL && table_name && ul.db_mode != DB_ONLY
			&& ul.get_udomain(table_name, &contacts) < 0)
		contacts = NULL;
	return contacts != NULL;
}

/* may be loaded before this module or behind it */
static void bind_to_registrar(void)
{
	struct sr_module *module = find_module_by_name("registrar");
	modparam_t type;

	if(module == NULL || registrar_load_api(&registrar) < 0)
		return;
	skips_own_path =
			find_param_export(module, "path_check_local", PARAM_INT, &type);
}

int e911_registration_open(const char *table)
{
	if(ul.register_ulcb == NULL)
		return find_export("ul_bind_usrloc", 1, 0) ? E911_ERR_VALUE : E911_OK;
	table_name = table;
	bind_to_registrar();
	if(ul.db_mode == DB_ONLY)
		return E911_OK;
	return has_table() ? E911_OK : E911_ERR_NONE;
}

/* ----- one contact ----- */

/* "alias=192.0.2.1~5060~1" of nathelper's set_contact_alias() */
static int read_alias(const str *params, str *host, int *port)
{
	str rest = *params, part, number;
	const char *end;

	while(rest.len > 6) {
		end = memchr(rest.s, ';', rest.len);
		part.s = rest.s;
		part.len = end ? (int)(end - rest.s) : rest.len;
		rest.s += part.len + (end != NULL);
		rest.len -= part.len + (end != NULL);
		if(part.len < 7 || memcmp(part.s, "alias=", 6) != 0)
			continue;
		host->s = part.s + 6;
		end = memchr(host->s, '~', part.len - 6);
		if(end == NULL)
			return E911_ERR_SYNTAX;
		host->len = (int)(end - host->s);
		number.s = (char *)end + 1;
		number.len = (int)(part.s + part.len - number.s);
		end = memchr(number.s, '~', number.len);
		if(end)
			number.len = (int)(end - number.s);
		return e911_row_number(&number, 65535, port);
	}
	return E911_ERR_NONE;
}

/* what NAT traversal noted, else the address in the Contact itself */
static void read_address(const e911_ucontact_t *u, e911_contact_t *contact)
{
	const str *from = u->received.len > 0 ? &u->received : &u->c;
	struct sip_uri uri;
	str host;

	if(parse_uri(from->s, from->len, &uri) < 0)
		return;
	host = uri.host;
	contact->port = uri.port_no ? uri.port_no : 5060;
	contact->proto = uri.proto ? uri.proto : PROTO_UDP;
	if(u->received.len <= 0)
		read_alias(&uri.params, &host, &contact->port);
	e911_network_read(&contact->network, &host);
}

static void add_name(e911_contact_t *contact, const str *given)
{
	e911_device_t *d = &contact->device;

	if(given->len > 0
			&& e911_aor_contact(given, contact->mem[d->n], &d->name[d->n]) == 0
			&& d->name[d->n].len > 0)
		d->n++;
}

void e911_registration_read(const e911_ucontact_t *u, e911_contact_t *contact)
{
	memset(contact, 0, sizeof(*contact));
	add_name(contact, &u->instance);
	add_name(contact, &u->c);
	add_name(contact, &u->received);
	read_address(u, contact);
	contact->connection = u->tcpconn_id > 0 ? u->tcpconn_id : 0;
	contact->until = e911_deadline(u->expires);
	contact->mark = mark_of(u);
}

static int is_named(const e911_ucontact_t *u, const str *name)
{
	e911_contact_t contact;

	e911_registration_read(u, &contact);
	return e911_device_index(&contact.device, name) >= 0;
}

int e911_registration_has_other(const e911_ucontact_t *u, const str *name)
{
	const e911_ucontact_t *other = u;
	time_t now = time(NULL);

	while(other->prev)
		other = other->prev;
	for(; other; other = other->next)
		if(other != u && VALID_CONTACT(other, now)
				&& (name == NULL || is_named(other, name)))
			return 1;
	return 0;
}

/* ----- looking for a contact ----- */

typedef int (*look_f)(urecord_t *record, void *arg);

/* what look says of the AoR's record, usrloc's lock held; 0 without one */
static int look_at(udomain_t *table, const str *aor, look_f look, void *arg)
{
	str key = *aor;
	urecord_t *record;
	int result = 0;

	if(!ul.use_domain && memchr(key.s, '@', key.len))
		key.len = (int)((char *)memchr(key.s, '@', key.len) - key.s);
	ul.lock_udomain(table, &key);
	if(ul.get_urecord(table, &key, &record) == 0) {
		result = look(record, arg);
		ul.release_urecord(record);
	}
	ul.unlock_udomain(table, &key);
	return result;
}

typedef int (*weigh_f)(const e911_contact_t *contact, const void *arg);

typedef struct scale
{
	weigh_f weigh;
	const void *arg;
	e911_contact_t *out;
} scale_t;

static int weigh_all(urecord_t *record, void *arg)
{
	const scale_t *scale = arg;
	time_t now = time(NULL);
	e911_contact_t contact;
	e911_ucontact_t *u;
	int w, best = 0;

	for(u = record->contacts; u; u = u->next) {
		if(!VALID_CONTACT(u, now))
			continue;
		e911_registration_read(u, &contact);
		w = scale->weigh(&contact, scale->arg);
		if(w <= best)
			continue;
		best = w;
		*scale->out = contact;
	}
	return best;
}

/* the contact that weighs most, the first of these; its weight */
static int heaviest(
		const str *aor, weigh_f weigh, const void *arg, e911_contact_t *out)
{
	scale_t scale = {weigh, arg, out};
	int best, i;

	if(!has_table())
		return 0;
	best = look_at(contacts, aor, weigh_all, &scale);
	/* the names point into their own memory */
	for(i = 0; best && i < out->device.n; i++)
		out->device.name[i].s = out->mem[i];
	return best;
}

static int nearness(const e911_contact_t *contact, const void *arg)
{
	e911_where_from_t home = {contact->network, (unsigned short)contact->port,
			(unsigned char)contact->proto, contact->connection, NULL};

	return e911_nearness(arg, &home);
}

int e911_registration_is_quick(void)
{
	return ul.db_mode == NO_DB || ul.db_mode == DB_READONLY;
}

int e911_registration_near(const str *aor, const str *raw,
		const e911_caller_t *caller, e911_contact_t *contact)
{
	int n = 0;

	if(raw->len > 0)
		n = heaviest(raw, nearness, &caller->from, contact);
	if(n == 0)
		n = heaviest(aor, nearness, &caller->from, contact);
	return n;
}

static int has_name(const e911_contact_t *contact, const void *arg)
{
	const str *name = arg;

	return name->len == 0 || e911_device_index(&contact->device, name) >= 0;
}

void e911_registration_may_wait(int may)
{
	may_wait = may;
}

int e911_registration_find(
		const str *aor, const str *name, e911_contact_t *contact)
{
	if(!may_wait && !e911_registration_is_quick())
		return E911_ERR_NONE;
	return heaviest(aor, has_name, name, contact) ? E911_OK : E911_ERR_NONE;
}

/* ----- all contacts ----- */

#define SKIP_BITS 32 /* of a cursor: contacts of its slot that are seen */

unsigned int e911_registration_slots(void)
{
	return has_table() ? (unsigned int)contacts->size : 0;
}

static int copy_out(const e911_ucontact_t *u, e911_registered_t *out)
{
	str aor;

	if(lower(u->aor, out->aor_mem, &aor)
			|| (!ul.use_domain && memchr(aor.s, '@', aor.len)))
		return 0;
	memmove(out->aor_mem, aor.s, aor.len);
	out->aor.s = out->aor_mem;
	out->aor.len = aor.len;
	e911_registration_read(u, &out->contact);
	return 1;
}

/* *seen: of this slot, of them skip before; whether these were all */
static int copy_slot(const hslot_t *slot, unsigned int skip, unsigned int *seen,
		e911_registered_t *out, int n, int *copied)
{
	time_t now = time(NULL);
	const e911_ucontact_t *u;
	const urecord_t *record;
	int looked = 0;

	for(record = slot->first; record; record = record->next)
		for(u = record->contacts; u; u = u->next) {
			if((*seen)++ < skip)
				continue;
			if(looked++ == n) {
				--*seen;
				return 0;
			}
			*copied += VALID_CONTACT(u, now) && copy_out(u, &out[*copied]);
		}
	return 1;
}

int e911_registration_next(uint64_t *cursor, e911_registered_t *out, int n)
{
	unsigned int slot = (unsigned int)(*cursor >> SKIP_BITS), seen = 0;
	int whole, copied = 0;

	if(slot >= e911_registration_slots()) {
		*cursor = 0;
		return 0;
	}
	rec_lock_get(&contacts->table[slot].rlock);
	whole = copy_slot(&contacts->table[slot], (unsigned int)*cursor, &seen, out,
			n, &copied);
	rec_lock_release(&contacts->table[slot].rlock);
	if(!whole)
		*cursor = (uint64_t)slot << SKIP_BITS | seen;
	else
		*cursor = ++slot < (unsigned int)contacts->size
						  ? (uint64_t)slot << SKIP_BITS
						  : 0;
	return copied;
}

/* ----- a request for a contact, as registrar's lookup aims it ----- */

/* in any mode of its database: an ordinary call may wait for it */
static udomain_t *ordinary_table(void)
{
	static udomain_t *table;

	if(table == NULL && ul.register_ulcb && table_name
			&& ul.get_udomain(table_name, &table) < 0)
		table = NULL;
	return table;
}

/* of several the newest: an older one may be where he was before */
static e911_ucontact_t *newest(urecord_t *record, const str *name)
{
	e911_ucontact_t *u, *found = NULL;
	time_t now = time(NULL);

	for(u = record->contacts; u; u = u->next)
		if(VALID_CONTACT(u, now) && is_named(u, name)
				&& (!found || u->last_modified > found->last_modified))
			found = u;
	return found;
}

/* The first hop of a Path, RFC 3327 5.3; one that is this very proxy is left
 * out where the registrar does so. hop empty: none is left. */
static int first_hop(str *path, str *hop)
{
	struct sip_uri uri;
	int taken;

	if(get_path_dst_uri(path, hop) < 0)
		return E911_ERR_SYNTAX;
	if(!skips_own_path || !*skips_own_path)
		return E911_OK;
	if(parse_uri(hop->s, hop->len, &uri) < 0)
		return E911_ERR_SYNTAX;
	if(!check_self(&uri.host, 0, 0))
		return E911_OK;
	taken = hop->len + 3; /* "<" and ">," */
	hop->len = 0;
	if(path->len <= taken)
		return E911_OK;
	path->s += taken;
	path->len -= taken;
	return get_path_dst_uri(path, hop) < 0 ? E911_ERR_SYNTAX : E911_OK;
}

static int set_hop(sip_msg_t *msg, const e911_ucontact_t *u)
{
	str path = u->path, hop = STR_NULL;

	if(path.len > 0 && first_hop(&path, &hop))
		return E911_ERR_SYNTAX;
	if(hop.len > 0)
		return set_path_vector(msg, &path) < 0 || set_dst_uri(msg, &hop) < 0
					   ? E911_ERR_MEM
					   : E911_OK;
	return u->received.len > 0 && set_dst_uri(msg, &u->received) < 0
				   ? E911_ERR_MEM
				   : E911_OK;
}

/* what the script has kept with the contact; without it the call goes too */
static void set_xavp(const e911_ucontact_t *u)
{
	sr_xavp_t *copy = u->xavp ? xavp_clone_level_nodata(u->xavp) : NULL;

	if(copy && xavp_insert(copy, 0, NULL) < 0)
		xavp_destroy_list(&copy);
}

static int set_contact(sip_msg_t *msg, e911_ucontact_t *u)
{
	flag_t flags = 0;
	int err;

	if(rewrite_uri(msg, &u->c) < 0)
		return E911_ERR_MEM;
	err = set_hop(msg, u);
	if(err)
		return err;
	if((u->instance.len > 0 && set_instance(msg, &u->instance) < 0)
			|| (u->ruid.len > 0 && set_ruid(msg, &u->ruid) < 0)
			|| (u->user_agent.len > 0 && set_ua(msg, &u->user_agent) < 0))
		return E911_ERR_MEM;
	msg->reg_id = u->reg_id;
	msg->otcpid = u->tcpconn_id;
	set_ruri_q(u->q);
	getbflagsval(0, &flags);
	setbflagsval(0, flags | u->cflags);
	if(u->sock)
		set_force_socket(msg, u->sock);
	set_xavp(u);
	return E911_OK;
}

typedef struct aim
{
	sip_msg_t *msg;
	const str *name;
	int err;
} aim_t;

static int aim_at(urecord_t *record, void *arg)
{
	aim_t *aim = arg;
	e911_ucontact_t *u = newest(record, aim->name);

	if(u)
		aim->err = set_contact(aim->msg, u);
	return 1;
}

int e911_registration_aim(sip_msg_t *msg, const str *aor, const str *name)
{
	aim_t aim = {msg, name, E911_ERR_NONE};

	if(ordinary_table())
		look_at(ordinary_table(), aor, aim_at, &aim);
	return aim.err;
}

static int count_others(urecord_t *record, void *name)
{
	time_t now = time(NULL);
	e911_ucontact_t *u;
	int n = 0;

	for(u = record->contacts; u; u = u->next)
		n += VALID_CONTACT(u, now) && !is_named(u, name);
	return n;
}

int e911_registration_others(const str *aor, const str *name)
{
	str own = *name;

	return ordinary_table() ? look_at(ordinary_table(), aor, count_others, &own)
							: 0;
}

int e911_registration_aim_all(sip_msg_t *msg, const str *aor)
{
	str table = {(char *)table_name, table_name ? (int)strlen(table_name) : 0};
	char mem[E911_AOR_MAX + 4];
	e911_strbuf_t b;
	str uri;

	if(registrar.lookup_uri == NULL || ordinary_table() == NULL)
		return E911_ERR_NONE;
	e911_strbuf_init(&b, mem, sizeof(mem));
	E911_STRBUF_LIT(&b, "sip:");
	e911_strbuf_put_str(&b, aor);
	uri.s = mem;
	uri.len = (int)b.len;
	if(b.err)
		return b.err;
	return registrar.lookup_uri(msg, &table, &uri) > 0 ? E911_OK
													   : E911_ERR_NONE;
}
