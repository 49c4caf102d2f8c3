/*
 * e911: one branch of a call, dressed for its own destination
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/dprint.h"
#include "../../core/dset.h"
#include "additional.h"
#include "body.h"
#include "branch.h"
#include "caller.h"
#include "config.h"
#include "dress.h"
#include "err.h"
#include "hash.h"
#include "identity.h"
#include "ledger.h"
#include "pidf.h"
#include "proof.h"
#include "reference.h"
#include "settings.h"
#include "stats.h"
#include "strbuf.h"
#include "transaction.h"

#define TEXT_ROOM 24576 /* the document, the blocks, the headers */
#define URI_MAX 384
#define OUT_MAX 6

#define LIT E911_STRBUF_LIT

/* What one branch is to be, while it is made. */
typedef struct fitting
{
	const e911_call_t *call;
	const e911_profile_t *p;
	int form;
	e911_strbuf_t b; /* all texts of it */
	char word[40];	 /* random: boundary, and Content-IDs */
	const char *out[OUT_MAX + 1];
	int outs;
	e911_dressing_t d;
} fitting_t;

static const str domain = str_init("@e911.invalid");

/* what was written since it began */
static str since(const e911_strbuf_t *b, size_t at)
{
	str s = {b->s + at, (int)(b->len - at)};

	return s;
}

/* ----- location ----- */

static int write_pidf(fitting_t *f)
{
	const e911_location_t *l = e911_branch_location(f->call);
	/* of another than the agent no more than which call it is */
	int others = e911_branch_is_others(f->call);
	str aor = e911_call_text(f->call, f->call->aor), nobody = STR_NULL, method;
	str device =
			e911_call_text(f->call, others ? f->call->callid : f->call->device);
	char mem[E911_CALLER_URIS_MAX];
	e911_pidf_how_t how;
	/* of a row that was there when the form was chosen, and is replaced */
	int err = l ? e911_caller_describe(others ? &nobody : &aor,
					  others ? e911_hash("", 0) : f->call->who, &device, mem,
					  &how)
				: E911_ERR_NONE;

	if(err)
		return err;
	how.element = f->p->element;
	how.civic_first = f->p->civic_first;
	how.no_shape = f->p->no_shape;
	how.limit = f->p->limit;
	if(f->p->methods && e911_location_get(l, E911_F_METHOD, &method) == 0)
		how.method = e911_profile_method(f->p, &method);
	return e911_pidf_write(&f->b, l, &how);
}

/* One random word serves the boundary and the Content-IDs: 128 bits that no
 * body contains, and that nobody can guess beforehand. */
static int make_word(fitting_t *f)
{
	unsigned char random[16];
	e911_strbuf_t b;

	if(e911_hash_random(random, sizeof(random)))
		return E911_ERR_NONE;
	e911_strbuf_init(&b, f->word, sizeof(f->word));
	LIT(&b, "e911-");
	e911_strbuf_put_hex(&b, random, sizeof(random));
	f->d.boundary.s = f->word;
	f->d.boundary.len = (int)b.len;
	return b.err;
}

/* the text written since is one more part of the body */
static e911_attachment_t *attach(fitting_t *f, const char *type, size_t at)
{
	e911_attachment_t *part = &f->d.part[f->d.parts];
	size_t id;

	part->type = type;
	part->text = since(&f->b, at);
	id = f->b.len;
	e911_strbuf_put_str(&f->b, &f->d.boundary);
	if(f->d.parts) {
		LIT(&f->b, ".");
		e911_strbuf_put_num(&f->b, (unsigned long)f->d.parts);
	}
	e911_strbuf_put_str(&f->b, &domain);
	part->content_id = since(&f->b, id);
	f->d.parts++;
	return part;
}

static int add_document(fitting_t *f)
{
	size_t at = f->b.len;
	int err = make_word(f);

	if(!err)
		err = write_pidf(f);
	if(err)
		return err;
	attach(f, "application/pidf+xml", at);
	return f->b.err;
}

static void put_url(fitting_t *f)
{
	char token[64] = "";
	str s = e911_call_text(f->call, f->call->reference);

	if(s.len < (int)sizeof(token))
		memcpy(token, s.s, s.len);
	if(e911_reference_url(token, &f->b))
		f->b.err = E911_ERR_NONE;
}

/* RFC 6442 section 4.1 wants angle brackets; a provider's own token has none */
static int add_location(fitting_t *f)
{
	int value = f->form == E911_CONVEY_VALUE || f->form == E911_CONVEY_BOTH;
	int err = value ? add_document(f) : E911_OK;
	size_t at = f->b.len;
	str token;

	if(err)
		return err;
	if(value) {
		LIT(&f->b, "<cid:");
		e911_strbuf_put_str(&f->b, &f->d.part[0].content_id);
		LIT(&f->b, ">");
	}
	if(f->form == E911_CONVEY_BOTH)
		LIT(&f->b, ", ");
	if(f->form == E911_CONVEY_REFERENCE || f->form == E911_CONVEY_BOTH) {
		LIT(&f->b, "<");
		put_url(f);
		LIT(&f->b, ">");
	}
	if(f->form == E911_CONVEY_TOKEN && f->p->token_in) {
		token = e911_branch_name(f->call, E911_IDENTITY_TOKEN);
		e911_strbuf_put_str(&f->b, &token);
	}
	f->d.geolocation = since(&f->b, at);
	f->d.routing = f->p->routing && f->d.geolocation.len > 0;
	return f->b.err;
}

/* ----- headers ----- */

static void take_out(fitting_t *f, const char *name)
{
	if(f->outs < OUT_MAX)
		f->out[f->outs++] = name;
	f->d.out = f->out;
}

static int is_number(const str *s)
{
	int i;

	for(i = s->len > 1 && s->s[0] == '+'; i < s->len; i++)
		if(s->s[i] < '0' || s->s[i] > '9')
			return 0;
	return s->len > 0;
}

/* of the caller's names, where the profile has none of its own */
static str host_of(const fitting_t *f)
{
	str aor = e911_call_text(f->call, f->call->aor);
	str host = str_init("anonymous.invalid");

	if(f->p->host[0]) {
		host.s = (char *)f->p->host;
		host.len = (int)strlen(host.s);
	} else if(aor.len) {
		e911_aor_host(&aor, &host);
	}
	return host;
}

/* Bandwidth and others: user=phone only where the user is a number */
static void put_identity(e911_strbuf_t *b, const fitting_t *f, const str *user)
{
	str host = host_of(f);

	LIT(b, "sip:");
	e911_strbuf_put_str(b, user);
	LIT(b, "@");
	e911_strbuf_put_str(b, &host);
	if(f->p->user_phone && is_number(user))
		LIT(b, ";user=phone");
}

/* The first of a list that the call has; KEEP where that comes first, or where
 * it has none of them. */
static int choose(const fitting_t *f, const unsigned char *list, str *user)
{
	int i;

	for(i = 0; i < E911_IDENTITIES_MAX && list[i] > E911_IDENTITY_NONE; i++) {
		*user = e911_branch_name(f->call, list[i]);
		if(user->len)
			return list[i];
	}
	return i < E911_IDENTITIES_MAX ? list[i] : E911_IDENTITY_KEEP;
}

/* RFC 3325 section 5 has nothing asserted of who is not authenticated: for him
 * stands the site's number, which is ours */
static int choose_asserted(const fitting_t *f, str *user)
{
	int chosen = choose(f, f->p->pai, user);

	/* an ELIN is ours, and goes with whom it may go */
	if(chosen != E911_IDENTITY_CALLBACK || f->call->proof != E911_PROOF_NONE)
		return chosen;
	user->s = (char *)e911_settings_site(f->call->site)->callback;
	user->len = (int)strlen(user->s);
	return user->len ? chosen : E911_IDENTITY_NONE;
}

static void add_asserted(fitting_t *f)
{
	str user = STR_NULL;
	int chosen = choose_asserted(f, &user);

	if(chosen == E911_IDENTITY_KEEP)
		return;
	/* what some take in its place, RFC 3325 9.2 and the draft before it */
	take_out(f, "P-Asserted-Identity");
	take_out(f, "P-Preferred-Identity");
	take_out(f, "Remote-Party-ID");
	if(chosen == E911_IDENTITY_NONE)
		return;
	LIT(&f->b, "P-Asserted-Identity: <");
	put_identity(&f->b, f, &user);
	LIT(&f->b, ">\r\n");
}

static void add_priorities(fitting_t *f)
{
	if(f->p->priority) {
		take_out(f, "Priority");
		LIT(&f->b, "Priority: emergency\r\n");
	}
	if(f->p->resource_priority[0]) {
		take_out(f, "Resource-Priority");
		LIT(&f->b, "Resource-Priority: ");
		e911_strbuf_puts(&f->b, f->p->resource_priority);
		LIT(&f->b, "\r\n");
	}
}

/* RFC 6442 section 4.6: with a location URI; this adds to what the phone has */
static void add_supported(fitting_t *f)
{
	if(f->form == E911_CONVEY_REFERENCE || f->form == E911_CONVEY_BOTH)
		LIT(&f->b, "Supported: geolocation-http\r\n");
}

static str coordinate(const e911_call_t *call, int index)
{
	const e911_location_t *l = e911_branch_location(call);
	str pos = STR_NULL;
	const char *blank;

	if(l == NULL || e911_location_get(l, E911_F_POS, &pos))
		return pos;
	for(; index > 0; index--) {
		blank = memchr(pos.s, ' ', pos.len);
		if(blank == NULL)
			return pos;
		pos.len -= (int)(blank + 1 - pos.s);
		pos.s = (char *)blank + 1;
	}
	blank = memchr(pos.s, ' ', pos.len);
	if(blank)
		pos.len = (int)(blank - pos.s);
	return pos;
}

static str filling(const fitting_t *f, const str *name)
{
	static const struct
	{
		const char *name;
		int identity;
	} words[] = {{"callback", E911_IDENTITY_CALLBACK},
			{"elin", E911_IDENTITY_ELIN}, {"id", E911_IDENTITY_ID},
			{"token", E911_IDENTITY_TOKEN}};
	str site = STR_NULL;
	size_t i;

	for(i = 0; i < sizeof(words) / sizeof(*words); i++)
		if(strlen(words[i].name) == (size_t)name->len
				&& memcmp(words[i].name, name->s, name->len) == 0)
			return e911_branch_name(f->call, words[i].identity);
	if(name->s[0] == 'l')
		return coordinate(f->call, name->s[1] == 'o'); /* latitude, longitude */
	site.s = (char *)e911_settings_site(f->call->site)->name;
	site.len = (int)strlen(site.s);
	return site;
}

/* a line that lacks something is left out */
static void add_line(fitting_t *f, const str *line)
{
	const char *s = line->s, *end = line->s + line->len, *open, *close;
	size_t at = f->b.len;
	str name, value;

	while((open = memchr(s, '{', end - s))) {
		close = memchr(open, '}', end - open);
		if(close == NULL)
			break;
		e911_strbuf_put(&f->b, s, open - s);
		name.s = (char *)open + 1;
		name.len = (int)(close - name.s);
		value = filling(f, &name);
		if(value.len <= 0) {
			f->b.len = at;
			return;
		}
		e911_strbuf_put_str(&f->b, &value);
		s = close + 1;
	}
	e911_strbuf_put(&f->b, s, end - s);
	LIT(&f->b, "\r\n");
}

static void add_own_lines(fitting_t *f)
{
	const char *rest = f->p->headers;
	str line;

	while(e911_profile_line(&rest, &line))
		add_line(f, &line);
}

/* ----- additional data, RFC 7852 ----- */

/* who adds one adds a ProviderInfo (section 4.1) */
static int has_block(const fitting_t *f, int block)
{
	if(f->p->data == 0 || e911_settings()->provider.name[0] == '\0')
		return 0;
	/* of such callers we know no more than their From says */
	if(block == E911_BLOCK_SUBSCRIBER
			&& (e911_branch_is_others(f->call)
					|| f->call->proof == E911_PROOF_NONE))
		return 0;
	return block == E911_BLOCK_PROVIDER || f->p->data >> block & 1;
}

static void add_block(fitting_t *f, int block)
{
	str callid = e911_call_text(f->call, f->call->callid);
	e911_about_t about = {.provider = &e911_settings()->provider};
	char mem[E911_CALLID_MAX];
	size_t at = f->b.len;

	e911_ledger_callid(mem, &callid);
	about.callid.s = mem;
	about.callid.len = (int)strlen(mem);
	about.name = e911_call_text(f->call, f->call->caller);
	about.number = e911_branch_name(f->call, E911_IDENTITY_CALLBACK);
	e911_additional_write(&f->b, block, &about);
	attach(f, e911_additional_type(block), at);
}

/* with a document only: a body of ours is there then, and a proxy may add one
 * or may not */
static void add_data(fitting_t *f)
{
	int block;

	for(block = 0; f->d.parts && block < E911_BLOCKS; block++)
		if(has_block(f, block) && f->d.parts < E911_PARTS_MAX)
			add_block(f, block);
}

/* by reference where content_id is NULL */
static void add_data_line(fitting_t *f, int block, const str *content_id)
{
	LIT(&f->b, "Call-Info: <");
	if(content_id) {
		LIT(&f->b, "cid:");
		e911_strbuf_put_str(&f->b, content_id);
	} else {
		put_url(f);
		LIT(&f->b, "/");
		e911_strbuf_puts(&f->b, e911_additional_name(block));
	}
	LIT(&f->b, ">;purpose=" E911_ADDITIONAL_PREFIX);
	e911_strbuf_puts(&f->b, e911_additional_name(block));
	LIT(&f->b, "\r\n");
}

/* The location's form is the data's; by reference it MUST be HTTPS (section
 * 6.1), which a location's need not be. */
static void add_data_lines(fitting_t *f)
{
	int by_reference =
			f->form == E911_CONVEY_REFERENCE && e911_reference_is_secure();
	int block, part = 1;

	for(block = 0; block < E911_BLOCKS; block++) {
		if(!has_block(f, block))
			continue;
		if(by_reference)
			add_data_line(f, block, NULL);
		else if(part < f->d.parts)
			add_data_line(f, block, &f->d.part[part++].content_id);
	}
}

/* NENA-STA-010.3: 10 to 32 letters and digits at a domain; the same in each
 * branch of the call */
static void add_nena_lines(fitting_t *f)
{
	static const char *const ids[] = {"callid", "incidentid"};
	static const char *const purposes[] = {
			"emergency-CallId", "emergency-IncidentId"};
	str callid = e911_call_text(f->call, f->call->callid), host;
	uint64_t id;
	int i;

	if(!f->p->nena)
		return;
	host = host_of(f);
	id = e911_hash(callid.s, callid.len);
	for(i = 0; i < 2; i++) {
		LIT(&f->b, "Call-Info: <urn:emergency:uid:");
		e911_strbuf_puts(&f->b, ids[i]);
		LIT(&f->b, ":");
		e911_strbuf_put_hex(&f->b, (unsigned char *)&id, sizeof(id));
		LIT(&f->b, ":");
		e911_strbuf_put_str(&f->b, &host);
		LIT(&f->b, ">;purpose=");
		e911_strbuf_puts(&f->b, purposes[i]);
		LIT(&f->b, "\r\n");
	}
}

static void add_lines(fitting_t *f)
{
	size_t at = f->b.len;

	add_asserted(f);
	add_priorities(f);
	add_supported(f);
	add_data_lines(f);
	add_nena_lines(f);
	add_own_lines(f);
	f->d.lines = since(&f->b, at);
}

/* ----- From and To ----- */

static int change_from(sip_msg_t *msg, const fitting_t *f, int lasting)
{
	str user = STR_NULL, uri;
	char mem[URI_MAX];
	e911_strbuf_t b;

	if(choose(f, f->p->from, &user) <= E911_IDENTITY_NONE)
		return E911_OK;
	e911_strbuf_init(&b, mem, sizeof(mem));
	put_identity(&b, f, &user);
	uri.s = mem;
	uri.len = (int)b.len;
	return b.err ? b.err : e911_identity_from(msg, &uri, lasting);
}

static void change_ends(sip_msg_t *msg, const fitting_t *f)
{
	int lasting = e911_transaction_is_there();
	int from = change_from(msg, f, lasting);
	int to = f->p->to ? e911_identity_to(msg, GET_RURI(msg), lasting) : E911_OK;
	int err = from ? from : to;

	if(err == 0)
		return;
	e911_stats_count(E911_STAT_UNNAMED);
	LM_ERR("call of %016llx: From or To stays as it was: %s\n",
			(unsigned long long)f->call->who,
			err == E911_ERR_NONE	? "module uac is not loaded"
			: err == E911_ERR_TWICE ? "the script has replaced it"
									: e911_err_text(err));
}

/* ----- all of it ----- */

/* Where it is too much, the location alone. */
static int fit(fitting_t *f)
{
	size_t at;
	int err = f->form == E911_CONVEY_NONE || f->form == E911_CONVEY_ELIN
					  ? E911_OK
					  : add_location(f);

	/* then the rest at least: who calls, and that it is urgent */
	if(err) {
		f->form = E911_CONVEY_NONE;
		f->b.err = 0;
		f->b.len = 0;
		memset(&f->d, 0, sizeof(f->d));
	}
	at = f->b.len;
	add_data(f);
	if(f->b.err) {
		f->b.err = 0;
		f->b.len = at;
		f->d.parts = 1;
	}
	at = f->b.len;
	add_lines(f);
	if(f->b.err) {
		f->b.err = 0;
		f->b.len = at;
		memset(&f->d.lines, 0, sizeof(f->d.lines));
		f->d.out = NULL;
	}
	f->d.first =
			f->p->place == 1
			|| (f->p->place == 0
					&& (f->call->ours_first
							|| cfg_get(e911, e911_cfg, geolocation_first)));
	f->d.alone = f->d.parts && f->call->phone == E911_PHONE_BAD;
	return err;
}

/* of the branch dressed last, in this process */
static struct
{
	const e911_call_t *call;
	int branch;
	int form;
	str document;
} last;

static void remember(const fitting_t *f, int edited)
{
	last.call = f->call;
	last.branch = f->call->branch;
	last.form = edited ? E911_CONVEY_NONE : f->form;
	last.document = f->d.parts && !edited ? f->d.part[0].text : (str)STR_NULL;
}

int e911_dress_last(const e911_call_t *call, int branch, str *document)
{
	if(last.call != call || last.branch != branch)
		return -1;
	*document = last.document;
	return last.form;
}

static int dress(sip_msg_t *msg, const e911_call_t *call)
{
	static char text[TEXT_ROOM]; /* too large for a SIP worker's stack */
	static fitting_t f;
	int err, edited;

	f.call = call;
	f.p = e911_branch_profile(call);
	f.form = e911_branch_form(call);
	f.outs = 0;
	memset(f.out, 0, sizeof(f.out));
	memset(&f.d, 0, sizeof(f.d));
	e911_strbuf_init(&f.b, text, sizeof(text));
	err = fit(&f);
	edited = e911_body_dress(msg, &f.d);
	change_ends(msg, &f);
	remember(&f, edited);
	return err ? err : edited;
}

void e911_dress(sip_msg_t *msg, e911_call_t *call)
{
	int branch = e911_transaction_branches(), err;

	if(msg->REQ_METHOD != METHOD_INVITE || call->step < 0
			|| call->step >= call->steps || call->dressed == branch)
		return;
	err = dress(msg, call);
	call->dressed = branch;
	if(err == 0)
		return;
	e911_stats_count(E911_STAT_UNDRESSED);
	LM_ERR("call of %016llx goes without its location: %s\n",
			(unsigned long long)call->who, e911_err_text(err));
}
