/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: err
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include "../../modules/e911/queue.c"
#include "ksr_stub.h"
#include "tight.h"

#define MAX 10

static e911_queue_t *queue;

static int up(void **state)
{
	(void)state;
	return e911_queue_new(&queue, MAX);
}

static int down(void **state)
{
	(void)state;
	e911_queue_free(queue);
	return ksr_blocks() != 0;
}

static int put(const char *aor, const char *contact, uint64_t *ticket)
{
	str a = tight_z(aor), c = tight_z(contact);
	int err = e911_queue_put(queue, 7, 0xfffffff9u, &a, &c, ticket);

	free(a.s);
	free(c.s);
	return err;
}

static void put_some(int n)
{
	while(n--)
		assert_int_equal(put("a@x", "", NULL), 0);
}

static void free_list(e911_item_t *item)
{
	free_items(item);
}

static e911_item_t *take_list(int most)
{
	e911_item_t *list = (void *)0x5a;

	e911_queue_take(queue, most, &list);
	return list;
}

/* the ticket of the last one; 0: nothing was there */
static uint64_t take(int most)
{
	e911_item_t *list = take_list(most), *item;
	uint64_t last = 0;

	for(item = list; item; item = item->next)
		last = item->ticket;
	free_list(list);
	return last;
}

/* ----- items ----- */

static void gives_back_what_was_put_in_order(void **state)
{
	e911_item_t *list, *item;
	uint64_t ticket = 0;

	(void)state;
	assert_null(take_list(5));
	assert_int_equal(put("alice@x", "phone", &ticket), 0);
	assert_int_equal(ticket, 1);
	assert_int_equal(put("bob@x", "", &ticket), 0);
	assert_int_equal(ticket, 2);
	assert_int_equal(put("c", "d", NULL), 0);
	assert_int_equal(e911_queue_length(queue), 3);
	list = item = take_list(5);
	assert_true(is_z(&item->aor, "alice@x"));
	assert_true(is_z(&item->contact, "phone"));
	assert_int_equal(item->ticket, 1);
	assert_int_equal(item->kind, 7);
	assert_true(item->note == 0xfffffff9u);
	item = item->next;
	assert_true(is_z(&item->aor, "bob@x"));
	assert_int_equal(item->contact.len, 0);
	assert_int_equal(item->ticket, 2);
	item = item->next;
	assert_int_equal(item->ticket, 3);
	assert_null(item->next);
	assert_int_equal(e911_queue_length(queue), 0);
	assert_null(take_list(5));
	free_list(list);
}

static void takes_at_most_so_many(void **state)
{
	(void)state;
	put_some(5);
	assert_null(take_list(0));
	assert_null(take_list(-1));
	assert_int_equal(take(2), 2);
	assert_int_equal(e911_queue_length(queue), 3);
	assert_int_equal(take(2), 4);
	put_some(2);
	assert_int_equal(take(2), 6);
	assert_int_equal(take(2), 7);
	assert_int_equal(take(2), 0);
	/* and once more from an empty one */
	put_some(1);
	assert_int_equal(take(9), 8);
	assert_int_equal(e911_queue_newest(queue), 8);
}

static void may_be_looked_at_before_it_is_taken(void **state)
{
	e911_item_t *first = (void *)0x5a;

	(void)state;
	assert_int_equal(e911_queue_peek(queue, 5, &first), 0);
	assert_null(first);
	put_some(5);
	assert_int_equal(e911_queue_peek(queue, 2, &first), 2);
	assert_int_equal(first->ticket, 1);
	assert_int_equal(first->next->ticket, 2);
	assert_int_equal(e911_queue_peek(queue, 9, &first), 5);
	assert_int_equal(e911_queue_length(queue), 5);
	assert_false(e911_queue_is_done(queue, 1));
	e911_queue_drop(queue, 0);
	assert_int_equal(e911_queue_length(queue), 5);
	/* what is taken off is done */
	e911_queue_drop(queue, 2);
	assert_int_equal(e911_queue_length(queue), 3);
	assert_true(e911_queue_is_done(queue, 2));
	assert_false(e911_queue_is_done(queue, 3));
	assert_int_equal(e911_queue_undone(queue), 3);
	assert_int_equal(e911_queue_peek(queue, 9, &first), 3);
	assert_int_equal(first->ticket, 3);
	e911_queue_drop(queue, 3);
	assert_int_equal(e911_queue_peek(queue, 9, &first), 0);
	/* and once more into an empty one */
	put_some(1);
	assert_int_equal(take(9), 6);
}

static void what_is_not_taken_is_freed(void **state)
{
	(void)state;
	put_some(4);
	take(1);
}

/* ----- tickets ----- */

static void a_ticket_is_done_when_the_taker_says_so(void **state)
{
	(void)state;
	assert_true(e911_queue_is_done(queue, 0));
	assert_false(e911_queue_is_done(queue, 1));
	put_some(4);
	take(4);
	assert_false(e911_queue_is_done(queue, 1));
	e911_queue_done(queue, 2);
	assert_true(e911_queue_is_done(queue, 1));
	assert_true(e911_queue_is_done(queue, 2));
	assert_false(e911_queue_is_done(queue, 3));
	/* what is done stays done */
	e911_queue_done(queue, 1);
	assert_true(e911_queue_is_done(queue, 2));
	e911_queue_done(queue, 4);
	assert_true(e911_queue_is_done(queue, 4));
}

static void a_full_queue_loses_and_says_which(void **state)
{
	uint64_t ticket = 0;

	(void)state;
	put_some(MAX);
	assert_int_equal(e911_queue_lost(queue), 0);
	assert_int_equal(put("a@x", "", &ticket), E911_ERR_FULL);
	assert_int_equal(ticket, MAX + 1);
	assert_int_equal(put("a@x", "", NULL), E911_ERR_FULL);
	assert_int_equal(e911_queue_lost(queue), MAX + 2);
	assert_int_equal(e911_queue_newest(queue), MAX + 2);
	assert_int_equal(e911_queue_length(queue), MAX);
	/* there is room again */
	assert_int_equal(take(1), 1);
	assert_int_equal(put("a@x", "", &ticket), 0);
	assert_int_equal(ticket, MAX + 3);
	assert_int_equal(put("a@x", "", &ticket), E911_ERR_FULL);
	assert_int_equal(e911_queue_lost(queue), MAX + 4);
	assert_int_equal(take(MAX), MAX + 3);
}

static void what_was_lost_is_never_done_by_itself(void **state)
{
	(void)state;
	put_some(MAX);
	put("a@x", "", NULL); /* lost */
	take(MAX);
	put_some(1);
	assert_int_equal(take(1), MAX + 2);
	e911_queue_done(queue, MAX + 2);
	assert_true(e911_queue_is_done(queue, MAX));
	assert_false(e911_queue_is_done(queue, MAX + 1));
	/* behind it nothing is sure either */
	assert_false(e911_queue_is_done(queue, MAX + 2));
	/* no more than before, made good only up to what was before it */
	e911_queue_recovered(queue, MAX);
	assert_false(e911_queue_is_done(queue, MAX + 1));
	e911_queue_recovered(queue, MAX + 1);
	assert_true(e911_queue_is_done(queue, MAX + 1));
	/* and so is what was done behind it */
	assert_true(e911_queue_is_done(queue, MAX + 2));
	assert_false(e911_queue_is_done(queue, MAX + 3));
	assert_int_equal(e911_queue_undone(queue), 0);
}

static void of_several_lost_the_first_counts(void **state)
{
	(void)state;
	put_some(MAX);
	put("a@x", "", NULL);
	put("a@x", "", NULL);
	take(MAX);
	put_some(1);
	e911_queue_done(queue, take(1));
	assert_true(e911_queue_is_done(queue, MAX));
	assert_false(e911_queue_is_done(queue, MAX + 1));
	assert_int_equal(e911_queue_undone(queue), 3);
	e911_queue_recovered(queue, MAX + 1);
	assert_true(e911_queue_is_done(queue, MAX + 1));
	assert_false(e911_queue_is_done(queue, MAX + 2));
	assert_int_equal(e911_queue_lost(queue), MAX + 2);
	e911_queue_recovered(queue, MAX + 2);
	assert_true(e911_queue_is_done(queue, MAX + 3));
	/* none that is not made good */
	assert_int_equal(e911_queue_lost(queue), 0);
}

/* one more is lost while the first is being made good */
static void recovering_is_for_what_was_lost_till_then(void **state)
{
	uint64_t lost;

	(void)state;
	put_some(MAX);
	put("a@x", "", NULL);
	lost = e911_queue_lost(queue);
	put("a@x", "", NULL);
	e911_queue_recovered(queue, lost);
	assert_true(e911_queue_is_done(queue, lost));
	take(MAX);
	e911_queue_done(queue, lost + 1);
	assert_false(e911_queue_is_done(queue, lost + 1));
	assert_int_equal(e911_queue_lost(queue), lost + 1);
	e911_queue_recovered(queue, e911_queue_lost(queue));
	assert_true(e911_queue_is_done(queue, lost + 1));
	put_some(1);
	e911_queue_done(queue, take(1));
	assert_true(e911_queue_is_done(queue, e911_queue_newest(queue)));
}

static void what_was_refused_is_not_done(void **state)
{
	uint64_t i;

	(void)state;
	put_some(3);
	take(3);
	e911_queue_refused(queue, 2);
	assert_false(e911_queue_is_done(queue, 1));
	e911_queue_done(queue, 3);
	assert_true(e911_queue_is_done(queue, 1));
	assert_false(e911_queue_is_done(queue, 2));
	assert_true(e911_queue_is_done(queue, 3));
	assert_true(e911_queue_is_done(queue, 0));
	/* of the last ones that is known */
	for(i = 4; i < 4 + REFUSED_MAX; i++) {
		put_some(1);
		e911_queue_refused(queue, take(1));
		e911_queue_done(queue, i);
		assert_false(e911_queue_is_done(queue, i));
		assert_int_equal(e911_queue_is_done(queue, 2), i == 3 + REFUSED_MAX);
	}
	assert_false(e911_queue_is_done(queue, 4));
}

static void what_is_undone_is_counted(void **state)
{
	(void)state;
	assert_int_equal(e911_queue_undone(queue), 0);
	put_some(MAX);
	assert_int_equal(e911_queue_undone(queue), MAX);
	take(MAX);
	assert_int_equal(e911_queue_undone(queue), MAX);
	e911_queue_done(queue, 4);
	assert_int_equal(e911_queue_undone(queue), MAX - 4);
	put_some(MAX);
	put("a@x", "", NULL);
	assert_int_equal(e911_queue_undone(queue), 2 * MAX - 4 + 1);
	take(MAX);
	e911_queue_done(queue, 2 * MAX);
	assert_int_equal(e911_queue_undone(queue), 1);
	e911_queue_recovered(queue, e911_queue_lost(queue));
	assert_int_equal(e911_queue_undone(queue), 0);
	/* one refused is undone no more */
	put_some(1);
	e911_queue_refused(queue, take(1));
	e911_queue_done(queue, 2 * MAX + 2);
	assert_int_equal(e911_queue_undone(queue), 0);
}

/* a process was ended while it held the lock */
static void who_is_left_alone_goes_on(void **state)
{
	(void)state;
	put_some(2);
	lock_get(&queue->lock);
	e911_queue_alone(queue);
	assert_int_equal(e911_queue_lost(queue), 0);
	assert_int_equal(e911_queue_undone(queue), 2);
	put_some(1);
	assert_int_equal(take(9), 3);
	e911_queue_done(queue, 3);
	assert_true(e911_queue_is_done(queue, 3));
	/* of an empty one nothing is missing */
	e911_queue_alone(queue);
	assert_int_equal(e911_queue_lost(queue), 0);
	assert_int_equal(e911_queue_undone(queue), 0);
}

/* … when it had a ticket and had not put its item yet */
static void an_item_that_is_not_whole_is_lost(void **state)
{
	(void)state;
	put_some(2);
	queue->newest++;
	e911_queue_alone(queue);
	assert_int_equal(e911_queue_length(queue), 2);
	assert_int_equal(e911_queue_lost(queue), 3);
	assert_int_equal(take(9), 2);
	e911_queue_done(queue, 2);
	assert_int_equal(e911_queue_undone(queue), 1);
	e911_queue_recovered(queue, 3);
	assert_int_equal(e911_queue_undone(queue), 0);
	/* the same where all others were done */
	queue->newest++;
	e911_queue_alone(queue);
	assert_int_equal(e911_queue_lost(queue), 4);
}

/* … when its item was in the list and not counted yet, or the other way round */
static void what_is_in_the_list_counts(void **state)
{
	(void)state;
	put_some(3);
	queue->n = 2;
	queue->end = &queue->first->next;
	e911_queue_alone(queue);
	assert_int_equal(e911_queue_length(queue), 3);
	put_some(1);
	assert_int_equal(take(9), 4);
	put_some(2);
	queue->n = 7;
	e911_queue_alone(queue);
	assert_int_equal(e911_queue_length(queue), 2);
	assert_int_equal(take(9), 6);
	assert_int_equal(e911_queue_lost(queue), 0);
}

/* ----- memory and files that fail ----- */

static void an_item_without_memory_is_lost(void **state)
{
	uint64_t ticket = 0;

	(void)state;
	put_some(1);
	ksr_allow(0);
	assert_int_equal(put("a@x", "", &ticket), E911_ERR_MEM);
	ksr_allow(-1);
	assert_int_equal(ticket, 2);
	assert_int_equal(e911_queue_lost(queue), 2);
	assert_int_equal(e911_queue_length(queue), 1);
	put_some(1);
	assert_int_equal(take(9), 3);
	e911_queue_done(queue, 3);
	assert_true(e911_queue_is_done(queue, 1));
	assert_false(e911_queue_is_done(queue, 2));
}

static int make_and_put(void *arg)
{
	e911_queue_t *q = NULL;
	str a = str_init("a@x"), none = STR_NULL;
	int err = e911_queue_new(&q, 2);

	(void)arg;
	if(!err)
		err = e911_queue_put(q, 0, 0, &a, &none, NULL);
	if(!err)
		err = e911_queue_put(q, 0, 0, &a, &a, NULL);
	e911_queue_free(q);
	return err;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	ksr_sweep(make_and_put, NULL, E911_ERR_MEM);
	e911_queue_free(NULL);
}

static void no_files_left_is_no_memory(void **state)
{
	struct rlimit was, none;
	e911_queue_t *q;
	int err;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	err = e911_queue_new(&q, 2);
	setrlimit(RLIMIT_NOFILE, &was);
	assert_int_equal(err, E911_ERR_MEM);
	assert_int_equal(ksr_blocks(), 0);
}

/* ----- waiting ----- */

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void waits_no_longer_than_told(void **state)
{
	long start = now_ms();

	(void)state;
	e911_queue_wait(queue, 50);
	assert_in_range(now_ms() - start, 49, 5000);
}

static void does_not_wait_where_something_is(void **state)
{
	long start = now_ms();

	(void)state;
	put_some(2);
	e911_queue_wait(queue, 60000);
	take(1);
	/* one is left, and nothing woke the taker since */
	e911_queue_wait(queue, 60000);
	assert_true(now_ms() - start < 30000);
	/* a putter of long ago wakes nobody now */
	take(1);
	start = now_ms();
	e911_queue_wait(queue, 50);
	assert_true(now_ms() - start >= 49);
}

static void *put_later(void *arg)
{
	struct timespec t = {0, 50000000};

	(void)arg;
	nanosleep(&t, NULL);
	put("a@x", "", NULL);
	return NULL;
}

static void a_putter_wakes_the_taker(void **state)
{
	long start = now_ms();
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, put_later, NULL), 0);
	e911_queue_wait(queue, 60000);
	assert_true(now_ms() - start < 30000);
	pthread_join(thread, NULL);
	assert_int_equal(e911_queue_length(queue), 1);
}

static void somebody_else_may_wake_it(void **state)
{
	long start = now_ms();

	(void)state;
	e911_queue_wake(queue);
	e911_queue_wait(queue, 60000);
	assert_true(now_ms() - start < 30000);
	start = now_ms();
	e911_queue_wait(queue, 50);
	assert_true(now_ms() - start >= 49);
}

/* the pipe is full long before; a putter does not wait, the taker is awake */
static void a_full_pipe_stops_nobody(void **state)
{
	long start = now_ms(), i;

	(void)state;
	for(i = 0; i < 100000; i++) {
		put_some(1);
		take(1);
	}
	put_some(1);
	e911_queue_wait(queue, 60000);
	assert_int_equal(take(9), 100001);
	assert_true(now_ms() - start < 30000);
}

/* ----- many at once ----- */

#define PUTTERS 4
#define EACH 20000

typedef struct putter
{
	pthread_t thread;
	char name[8];
	int full;
	unsigned char lost[EACH];
	uint64_t last;
	int disorder;
} putter_t;

static void *put_many(void *arg)
{
	putter_t *p = arg;
	uint64_t ticket;
	char contact[16];
	str a = {p->name, (int)strlen(p->name)}, c;
	int i;

	for(i = 0; i < EACH; i++) {
		c.s = contact;
		c.len = sprintf(contact, "%d", i);
		if(e911_queue_put(queue, 0, (uint32_t)i, &a, &c, &ticket)) {
			p->lost[i] = 1;
			p->full++;
		}
		p->disorder += ticket <= p->last;
		p->last = ticket;
	}
	return NULL;
}

/* what the taker saw: who was lost is known only afterwards */
typedef struct seen
{
	int who;
	int note;
	uint64_t ticket;
} seen_t;

static seen_t seen[PUTTERS * EACH];
static int sights;

static void look_at(const e911_item_t *item)
{
	seen_t *s = &seen[sights++];
	char contact[16];

	assert_in_range(sights, 1, PUTTERS * EACH);
	s->who = item->aor.s[1] - '0';
	s->note = (int)item->note;
	s->ticket = item->ticket;
	sprintf(contact, "%d", s->note);
	assert_true(is_z(&item->contact, contact));
}

static void take_some(void)
{
	e911_item_t *list = take_list(64), *item;

	for(item = list; item; item = item->next)
		look_at(item);
	free_list(list);
}

/* looks at them first, and takes them off when all is well */
static void peek_and_drop(void)
{
	e911_item_t *item;
	int i, n = e911_queue_peek(queue, 64, &item);

	for(i = 0; i < n; i++, item = item->next)
		look_at(item);
	e911_queue_drop(queue, n);
}

/* none twice, none out of order, none missing that was not lost */
static int count_wrong(const putter_t *putters)
{
	int next[PUTTERS] = {0}, i, wrong = 0;
	const seen_t *s;

	for(i = 0; i < sights; i++) {
		s = &seen[i];
		while(next[s->who] < s->note)
			wrong += !putters[s->who].lost[next[s->who]++];
		wrong += next[s->who]++ != s->note;
		wrong += i > 0 && s->ticket <= seen[i - 1].ticket;
	}
	for(i = 0; i < PUTTERS; i++)
		while(next[i] < EACH)
			wrong += !putters[i].lost[next[i]++];
	return wrong;
}

static int crowd(unsigned int max, void (*take_them)(void))
{
	static putter_t p[PUTTERS];
	int i, lost = 0;

	alarm(60); /* rather than wait for what never comes */
	memset(p, 0, sizeof(p));
	sights = 0;
	assert_int_equal(e911_queue_new(&queue, max), 0);
	for(i = 0; i < PUTTERS; i++) {
		sprintf(p[i].name, "p%d@x", i);
		assert_int_equal(
				pthread_create(&p[i].thread, NULL, put_many, &p[i]), 0);
	}
	while(e911_queue_newest(queue) < PUTTERS * EACH
			|| e911_queue_length(queue)) {
		e911_queue_wait(queue, 1000);
		take_them();
	}
	for(i = 0; i < PUTTERS; i++) {
		pthread_join(p[i].thread, NULL);
		lost += p[i].full;
		assert_int_equal(p[i].disorder, 0);
	}
	assert_int_equal(count_wrong(p), 0);
	assert_int_equal(sights + lost, PUTTERS * EACH);
	assert_int_equal(e911_queue_newest(queue), PUTTERS * EACH);
	assert_int_equal(e911_queue_lost(queue) != 0, lost != 0);
	e911_queue_free(queue);
	assert_int_equal(ksr_blocks(), 0);
	alarm(0);
	return lost;
}

static void many_put_while_one_takes(void **state)
{
	(void)state;
	assert_int_equal(crowd(PUTTERS * EACH, take_some), 0);
	assert_int_equal(crowd(PUTTERS * EACH, peek_and_drop), 0);
}

static void many_put_more_than_there_is_room(void **state)
{
	(void)state;
	assert_true(crowd(3, take_some) > 0);
	assert_true(crowd(3, peek_and_drop) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup_teardown(
					gives_back_what_was_put_in_order, up, down),
			cmocka_unit_test_setup_teardown(takes_at_most_so_many, up, down),
			cmocka_unit_test_setup_teardown(
					may_be_looked_at_before_it_is_taken, up, down),
			cmocka_unit_test_setup_teardown(
					what_is_not_taken_is_freed, up, down),
			cmocka_unit_test_setup_teardown(
					a_ticket_is_done_when_the_taker_says_so, up, down),
			cmocka_unit_test_setup_teardown(
					a_full_queue_loses_and_says_which, up, down),
			cmocka_unit_test_setup_teardown(
					what_was_lost_is_never_done_by_itself, up, down),
			cmocka_unit_test_setup_teardown(
					of_several_lost_the_first_counts, up, down),
			cmocka_unit_test_setup_teardown(
					recovering_is_for_what_was_lost_till_then, up, down),
			cmocka_unit_test_setup_teardown(
					what_was_refused_is_not_done, up, down),
			cmocka_unit_test_setup_teardown(
					what_is_undone_is_counted, up, down),
			cmocka_unit_test_setup_teardown(
					who_is_left_alone_goes_on, up, down),
			cmocka_unit_test_setup_teardown(
					an_item_that_is_not_whole_is_lost, up, down),
			cmocka_unit_test_setup_teardown(
					what_is_in_the_list_counts, up, down),
			cmocka_unit_test_setup_teardown(
					an_item_without_memory_is_lost, up, down),
			cmocka_unit_test(every_allocation_may_fail),
			cmocka_unit_test(no_files_left_is_no_memory),
			cmocka_unit_test_setup_teardown(
					waits_no_longer_than_told, up, down),
			cmocka_unit_test_setup_teardown(
					does_not_wait_where_something_is, up, down),
			cmocka_unit_test_setup_teardown(a_putter_wakes_the_taker, up, down),
			cmocka_unit_test_setup_teardown(
					somebody_else_may_wake_it, up, down),
			cmocka_unit_test_setup_teardown(a_full_pipe_stops_nobody, up, down),
			cmocka_unit_test(many_put_while_one_takes),
			cmocka_unit_test(many_put_more_than_there_is_room),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
