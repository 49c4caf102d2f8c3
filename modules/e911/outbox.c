/*
 * e911: the outbox
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/dprint.h"
#include "err.h"
#include "hash.h"
#include "notices.h"
#include "outbox.h"
#include "record.h"
#include "settings.h"
#include "stats.h"
#include "store.h"
#include "trouble.h"

#define PAGE 50	 /* rows read at a time */
#define SHARE 32 /* notices written in a transaction */

static int wanted; /* some are to be kept */
static uint64_t read_up_to;
static int is_read;
static unsigned int taken, left_out; /* rows */
static int singly; /* one at a time, after some have failed together */

void e911_outbox_init(void)
{
	wanted = 1;
}

void e911_outbox_finish(void)
{
	is_read = 1;
	if(wanted)
		e911_notices_alone();
}

static e911_trouble_t trouble = {
		.table = "e911_notice",
		.without = "notices that are not sent yet are lost by a restart",
		.meanwhile = "notices are sent all the same",
};

/* ----- reading all ----- */

/* whoever it is to: a row that is no more has it given up */
static const e911_recipient_t *recipient_of(const e911_due_t *due)
{
	static e911_recipient_t nobody;
	str name = {(char *)due->recipient, (int)strlen(due->recipient)};
	const e911_recipient_t *r =
			e911_recipients_named(e911_settings()->recipients, &name);

	if(r)
		return r;
	memset(&nobody, 0, sizeof(nobody));
	strcpy(nobody.name, due->recipient);
	nobody.kind = E911_BY_EVENT;
	return &nobody;
}

static int number_of(const str *text)
{
	int i, n = 0;

	for(i = 0; i < text->len && i < 6; i++)
		if(text->s[i] >= '0' && text->s[i] <= '9')
			n = n * 10 + text->s[i] - '0';
	return n;
}

static int restore(const e911_due_t *due)
{
	e911_notice_order_t order = {.id = due->id, .until = due->until};
	e911_notice_t n;
	int err = e911_notice_read(&n, &due->facts);

	if(err)
		return err;
	order.to = recipient_of(due);
	order.call =
			e911_hash(n.value[E911_N_CALL].s, (size_t)n.value[E911_N_CALL].len);
	order.event = n.event;
	order.step = number_of(&n.value[E911_N_STEP]) - 1;
	order.at_ms = due->at_ms;
	order.facts = due->facts;
	order.events = due->events;
	/* 0 would be no end at all */
	if(order.until == 0)
		order.until = 1;
	err = e911_notices_put(&order);
	e911_notice_free(&n);
	return err;
}

static void take_row(const e911_due_t *due, int err, uint64_t id)
{
	if(id > read_up_to)
		read_up_to = id;
	if(!err)
		err = restore(due);
	taken += err == 0;
	left_out += err != 0 && err != E911_ERR_TWICE;
	if(err && err != E911_ERR_TWICE)
		LM_ERR("database: row %llu of e911_notice: %s\n",
				(unsigned long long)id, e911_err_text(err));
}

static int read_page(void)
{
	uint64_t before = read_up_to;
	int n = e911_store_notices(read_up_to, PAGE, take_row);

	if(n < 0)
		return n;
	if(n == PAGE && read_up_to > before)
		return 1;
	is_read = 1;
	if(taken || left_out)
		LM_NOTICE("database: %u notices of before the start are sent, %u cannot"
				  " be\n",
				taken, left_out);
	return 1;
}

/* ----- writing ----- */

/* too large for a stack */
static e911_due_t due;
static e911_due_t probe;

/* what is new, then what has been sent; NONE: nothing */
static int write_one(uint64_t *number)
{
	char id[E911_NOTICE_ID_MAX];

	if(e911_notices_unsaved(&due) == 0) {
		*number = due.number;
		return e911_store_notice(&due);
	}
	if(e911_notices_gone(id, number))
		return E911_ERR_NONE;
	return e911_store_drop_notice(id);
}

/* in one transaction, or none of them; how many */
static int write_share(int most)
{
	uint64_t number[SHARE];
	int i, n, err = e911_store_begin();

	for(n = 0; !err && n < most; n++) {
		number[n] = 0;
		err = write_one(&number[n]);
	}
	/* the last one was none, or could not be written */
	if(err == E911_ERR_NONE) {
		n--;
		err = E911_OK;
	}
	if(!err)
		err = e911_store_commit();
	if(err)
		e911_store_rollback();
	for(i = 0; i < n; i++)
		e911_notices_written(number[i], !err);
	return err ? err : n;
}

/* Is it this notice that the table does not take, while it takes another of
 * the same size? Having taken that one it is neither locked nor full. */
static int is_refused(void)
{
	int refused = 0, err;

	probe = due;
	memset(probe.id, 'x', sizeof(probe.id) - 1);
	memset(probe.mem, ' ', (size_t)(due.facts.len + due.events.len));
	probe.facts.s = probe.mem;
	probe.events.s = probe.mem + due.facts.len;
	err = e911_store_begin();
	if(!err)
		err = e911_store_notice(&probe);
	if(!err)
		refused = e911_store_notice(&due) != 0;
	e911_store_rollback();
	return refused;
}

static int leave_out(void)
{
	/* it is the first of them again, and nobody else takes any */
	if(e911_notices_unsaved(&due))
		return 0;
	e911_notices_written(due.number, 1);
	e911_stats_count(E911_STAT_STORE_REFUSED);
	LM_ERR("database: does not take the notice %s\n", due.id);
	return 1;
}

static int write_some(void)
{
	int n;

	if(!e911_notices_to_write())
		return 0;
	due.id[0] = '\0';
	n = write_share(singly ? 1 : SHARE);
	if(n >= 0) {
		singly = 0;
		return n > 0;
	}
	if(singly && due.id[0] && is_refused())
		return leave_out();
	singly = 1;
	return n;
}

/* ----- life ----- */

int e911_outbox_serve(void)
{
	int did;

	if(!wanted)
		return 0;
	if(!e911_store_keeps_notices()) {
		e911_trouble_missing(&trouble);
		return 0;
	}
	if(e911_trouble_rests(&trouble))
		return 0;
	did = is_read ? write_some() : read_page();
	return e911_trouble_settle(&trouble, did);
}
