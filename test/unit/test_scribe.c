/*
 * The scribe, on a table of our own that fails when it is told to.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: location_json trouble journal journal_row parcel events hash location field network row
 * needs: strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ksr_stub.h"

static uint32_t uptime;

#include "../../modules/e911/scribe.c"

#define ROWS 2000

/* ----- the table ----- */

typedef struct line
{
	uint64_t seq;
	char kind[16];
	char mac[E911_MAC_LEN + 1];
	int personal;
} line_t;

static line_t line[ROWS], saved[ROWS];
static int lines, saved_lines;
static int no_table, closed, cuts, clears;
static int locked;			/* by a reader: nothing is cleared */
static int down_now;		/* nothing answers */
static int full;			/* no row is taken */
static int commits_unheard; /* it is done, and the answer is lost */
static const char *refuses; /* kind of rows whose texts it refuses */
static uint64_t cut_seq;
static unsigned long counts[E911_STATS];
static e911_site_t site = {.name = "hq"};

uint32_t e911_now(void)
{
	return uptime;
}

int e911_passed(uint32_t deadline, uint32_t now)
{
	return deadline && (int32_t)(now - deadline) >= 0;
}

void e911_stats_count(int stat)
{
	counts[stat]++;
}

const e911_site_t *e911_settings_site(uint32_t id)
{
	return &site;
}

int e911_store_bound(void)
{
	return 1;
}

int e911_store_keeps_record(void)
{
	return !no_table;
}

void e911_store_close(void)
{
	closed++;
}

int e911_store_begin(void)
{
	memcpy(saved, line, sizeof(line));
	saved_lines = lines;
	return down_now ? E911_ERR_DOWN : 0;
}

int e911_store_commit(void)
{
	if(commits_unheard) {
		commits_unheard--;
		saved_lines = -1;
		return E911_ERR_DOWN;
	}
	return down_now ? E911_ERR_DOWN : 0;
}

void e911_store_rollback(void)
{
	if(saved_lines < 0)
		return;
	memcpy(line, saved, sizeof(line));
	lines = saved_lines;
}

int e911_store_journal_end(
		const char *node, uint64_t *seq, char mac[E911_MAC_LEN + 1])
{
	assert_string_equal(node, "one");
	if(down_now)
		return E911_ERR_DOWN;
	*seq = lines ? line[lines - 1].seq : 0;
	strcpy(mac, lines ? line[lines - 1].mac : "");
	return 0;
}

int e911_store_journal_add(const e911_journal_row_t *row)
{
	line_t *l = &line[lines];

	if(down_now || full || lines == ROWS
			|| (refuses && row->detail.len && strcmp(row->kind, refuses) == 0))
		return E911_ERR_DOWN;
	if(lines && row->seq <= line[lines - 1].seq)
		return E911_ERR_DOWN;
	l->seq = row->seq;
	strcpy(l->kind, row->kind);
	strcpy(l->mac, row->mac);
	l->personal = row->detail.len;
	lines++;
	return 0;
}

int e911_store_journal_cut(const char *node, uint64_t before_ms, uint64_t *seq,
		char mac[E911_MAC_LEN + 1])
{
	cuts++;
	if(cut_seq == 0)
		return E911_ERR_NONE;
	*seq = cut_seq;
	memset(mac, 'c', E911_MAC_LEN);
	mac[E911_MAC_LEN] = '\0';
	lines = 0;
	return 0;
}

int e911_store_journal_clear(
		const char *node, uint64_t before_ms, int alone, uint64_t *cleared)
{
	clears++;
	return locked ? E911_ERR_DOWN : 0;
}

/* ----- the proxy ----- */

static char key_path[] = "/tmp/e911-test-key-XXXXXX";

static void start(int retention)
{
	e911_scribe_setup_t how = {.node = str_init("one"),
			.key_file = key_path,
			.retention = retention,
			.document = retention,
			.head_each = 100};
	const char *what;

	assert_int_equal(e911_scribe_init(&how, &what), 0);
}

static int up(void **state)
{
	uptime = 1000;
	lines = saved_lines = no_table = closed = cuts = clears = 0;
	down_now = commits_unheard = locked = 0;
	refuses = NULL;
	cut_seq = full = 0;
	memset(counts, 0, sizeof(counts));
	end_is_known = singly = refusals = 0;
	next_clean = trouble.next_try = next_head = 0;
	trouble.pause_s = trouble.told = trouble.down = 0;
	noted = 0;
	memset(&tried, 0, sizeof(tried));
	memset(&keeper, 0, sizeof(keeper));
	assert_int_equal(e911_journal_init(E911_JOURNAL_LEAST, NULL), 0);
	start(0);
	return 0;
}

static int down_again(void **state)
{
	e911_journal_destroy();
	return ksr_blocks() != 0;
}

static void put(int kind, int n)
{
	e911_event_t e = {.kind = kind, .at_ms = 7};

	e.callid = (str)str_init("a@x");
	while(n-- > 0)
		e911_journal_put(&e);
}

static uint64_t waiting(void)
{
	e911_journal_head_t head;

	e911_journal_head(&head);
	return head.waiting;
}

/* until there is nothing to do; s of patience */
static void serve(int seconds)
{
	for(; seconds >= 0; seconds--, uptime++)
		while(e911_scribe_serve() > 0)
			;
}

static void is_whole(int n)
{
	int i;

	assert_int_equal(lines, n);
	for(i = 0; i < n; i++)
		assert_int_equal(line[i].seq, i + 1);
	assert_true(waiting() == 0);
}

/* ----- tests ----- */

static void writes_all_in_order(void **state)
{
	e911_journal_head_t head;

	put(E911_EV_PLACED, 1);
	put(E911_EV_SENT, 149);
	assert_int_equal(e911_scribe_serve(), 1);
	assert_int_equal(lines, BATCH);
	serve(0);
	is_whole(150);
	assert_string_equal(line[0].kind, "placed");
	assert_string_equal(line[149].kind, "sent");
	e911_journal_head(&head);
	assert_true(head.seq == 150);
	assert_string_equal(head.mac, line[149].mac);
	assert_int_equal(e911_scribe_serve(), 0);
}

static void goes_on_behind_what_is_there(void **state)
{
	put(E911_EV_PLACED, 2);
	serve(0);
	/* another process, as at the end */
	end_is_known = 0;
	put(E911_EV_SENT, 1);
	serve(0);
	is_whole(3);
}

static void a_table_that_is_down_loses_nothing(void **state)
{
	put(E911_EV_PLACED, 3);
	down_now = 1;
	serve(20);
	assert_int_equal(lines, 0);
	assert_true(waiting() == 3 && closed > 2 && closed < 8);
	down_now = 0;
	serve(E911_TROUBLE_PAUSE_MAX);
	is_whole(3);
}

/* the answer to a COMMIT got lost: nothing is there twice */
static void what_was_done_unheard_is_not_done_again(void **state)
{
	put(E911_EV_PLACED, 5);
	commits_unheard = 1;
	serve(10);
	is_whole(5);
	assert_int_equal(closed, 1);
}

static void another_writer_of_this_node_breaks_no_chain(void **state)
{
	put(E911_EV_PLACED, 2);
	serve(0);
	line[lines].seq = 3;
	strcpy(line[lines].mac, "feed");
	lines++;
	put(E911_EV_PLACED, 2);
	serve(10);
	is_whole(5);
}

static void one_that_is_refused_is_in_nobodys_way(void **state)
{
	put(E911_EV_PLACED, 2);
	put(E911_EV_NOBODY, 1);
	put(E911_EV_PLACED, 2);
	refuses = "nobody";
	serve(60);
	is_whole(5);
	assert_int_equal(counts[E911_STAT_STORE_REFUSED], 1);
	assert_string_equal(line[2].kind, "nobody");
	assert_int_equal(line[2].personal, 0);
	assert_true(line[1].personal && line[3].personal);
}

static void one_is_not_refused_while_all_are(void **state)
{
	put(E911_EV_PLACED, 1);
	down_now = 1;
	serve(200);
	down_now = 0;
	serve(E911_TROUBLE_PAUSE_MAX);
	is_whole(1);
	assert_true(line[0].personal);
	assert_int_equal(counts[E911_STAT_STORE_REFUSED], 0);
	put(E911_EV_NOBODY, 1);
	full = 1;
	serve(200);
	full = 0;
	serve(E911_TROUBLE_PAUSE_MAX);
	is_whole(2);
	assert_true(line[1].personal);
}

static void without_a_table_the_oldest_gives_way(void **state)
{
	no_table = 1;
	serve(0);
	put(E911_EV_RINGING, 2000);
	assert_int_equal(counts[E911_STAT_RECORD_LOST], 0);
	assert_true(waiting() == 0);
	assert_int_equal(closed, 0);
}

static void what_could_not_be_cleared_is_cleared_soon(void **state)
{
	(void)state;
	setup.document = 1;
	locked = 1;
	serve(0);
	assert_int_equal(clears, 1);
	/* not all the time, which would keep rows from being written */
	serve(CLEAN_AGAIN - 2);
	assert_int_equal(clears, 1);
	locked = 0;
	serve(2);
	assert_int_equal(clears, 2);
	serve(CLEAN_EACH - 4);
	assert_int_equal(clears, 2);
}

static void a_cut_follows_what_it_cuts(void **state)
{
	start(10);
	put(E911_EV_PLACED, 2);
	serve(0);
	assert_true(cuts == 1 && clears == 1);
	/* now and then */
	serve(CLEAN_EACH - 2);
	assert_int_equal(cuts, 1);
	cut_seq = 2;
	serve(3);
	assert_int_equal(cuts, 2);
	assert_int_equal(lines, 1);
	assert_string_equal(line[0].kind, "cut");
	assert_int_equal(line[0].seq, 2);
}

static void nothing_is_cut_where_nobody_says_so(void **state)
{
	put(E911_EV_PLACED, 1);
	serve(3 * CLEAN_EACH);
	assert_true(cuts == 0 && clears == 0);
}

static void a_key_and_a_name_are_needed(void **state)
{
	e911_scribe_setup_t how = {
			.node = str_init("one two"), .key_file = "/none/of/it"};
	const char *what;

	assert_int_equal(e911_scribe_init(&how, &what), E911_ERR_VALUE);
	assert_string_equal(what, "record_node");
	how.node = (str)str_init("one");
	assert_int_equal(e911_scribe_init(&how, &what), E911_ERR_MISSING);
	assert_string_equal(what, "record_key_file");
	how.node.len = 0;
	how.key_file = key_path;
	assert_int_equal(e911_scribe_init(&how, &what), 0);
	assert_true(strlen(e911_scribe_node()) > 0);
}

static int make_key(void **state)
{
	int fd = mkstemp(key_path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if(file == NULL)
		return -1;
	fputs("0123456789abcdef0123456789abcdef\n", file);
	return fclose(file);
}

static int drop_key(void **state)
{
	return unlink(key_path);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down_again)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(writes_all_in_order),
			TEST(goes_on_behind_what_is_there),
			TEST(a_table_that_is_down_loses_nothing),
			TEST(what_was_done_unheard_is_not_done_again),
			TEST(another_writer_of_this_node_breaks_no_chain),
			TEST(one_that_is_refused_is_in_nobodys_way),
			TEST(one_is_not_refused_while_all_are),
			TEST(without_a_table_the_oldest_gives_way),
			TEST(what_could_not_be_cleared_is_cleared_soon),
			TEST(a_cut_follows_what_it_cuts),
			TEST(nothing_is_cut_where_nobody_says_so),
			TEST(a_key_and_a_name_are_needed),
	};

	return cmocka_run_group_tests_name("scribe", tests, make_key, drop_key);
}
