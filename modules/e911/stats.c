/*
 * e911: counters
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include "../../core/counters.h"
#include "stats.h"
#include "cache.h"
#include "journal.h"
#include "ledger.h"
#include "notices.h"
#include "err.h"

static counter_handle_t handles[E911_STATS];

static counter_val_t locations(counter_handle_t handle, void *param)
{
	return e911_cache_count();
}

static counter_val_t remembered(counter_handle_t handle, void *param)
{
	return e911_ledger_count();
}

static unsigned int (*count_pending)(void);

static counter_val_t pending(counter_handle_t handle, void *param)
{
	return count_pending ? count_pending() : 0;
}

static counter_val_t record_waiting(counter_handle_t handle, void *param)
{
	e911_journal_head_t head;

	e911_journal_head(&head);
	return (counter_val_t)head.waiting;
}

/* param: offset of it in what is counted; an unsigned int where it is there now,
 * else a long */
static counter_val_t notices(counter_handle_t handle, void *param)
{
	size_t at = (size_t)param;
	e911_notices_count_t count;

	e911_notices_count(&count);
	if(at < offsetof(e911_notices_count_t, sent))
		return *(unsigned int *)(void *)((char *)&count + at);
	return (counter_val_t) * (unsigned long *)(void *)((char *)&count + at);
}

#define NOTICES(member) \
	0, notices, (void *)offsetof(e911_notices_count_t, member)
/* one that only grows */
#define NOTICES_SUM(member) \
	CNT_F_NO_RESET, notices, (void *)offsetof(e911_notices_count_t, member)

/* clang-format off */
static counter_def_t counters[] = {
	{&handles[E911_STAT_CALLS], "calls", 0, 0, 0, "emergency calls"},
	{&handles[E911_STAT_TESTS], "tests", 0, 0, 0, "test calls"},
	{&handles[E911_STAT_TESTS_HERE], "tests_here", 0, 0, 0,
		"test calls that were answered here"},
	{&handles[E911_STAT_TESTS_EXHAUSTED], "tests_exhausted", 0, 0, 0,
		"test calls that nothing took"},
	{&handles[E911_STAT_LOCATED], "located", 0, 0, 0,
		"emergency calls for which the caller's own location was known"},
	{&handles[E911_STAT_DEFAULTED], "defaulted", 0, 0, 0,
		"emergency calls that had the default location of their site"},
	{&handles[E911_STAT_UNLOCATED], "unlocated", 0, 0, 0,
		"emergency calls without any location"},
	{&handles[E911_STAT_TRIES], "tries", 0, 0, 0,
		"destinations a call was sent to"},
	{&handles[E911_STAT_FAILOVERS], "failovers", 0, 0, 0,
		"steps to a next destination"},
	{&handles[E911_STAT_LOCATION_REFUSED], "location_refused", 0, 0, 0,
		"424 and 415 about a location, answered by a lesser form"},
	{&handles[E911_STAT_LAST_RESORT], "last_resort", 0, 0, 0,
		"calls that came to the set of last resort"},
	{&handles[E911_STAT_EXHAUSTED], "exhausted", 0, 0, 0,
		"emergency calls that nothing took"},
	{&handles[E911_STAT_CANCELLED], "cancelled", 0, 0, 0,
		"calls the caller gave up before an answer"},
	{&handles[E911_STAT_RESCUED], "rescued", 0, 0, 0,
		"answers that crossed our CANCEL and were kept"},
	{&handles[E911_STAT_ANSWERED_TWICE], "answered_twice", 0, 0, 0,
		"late answers of a destination given up, behind another final one"},
	{&handles[E911_STAT_UNDRESSED], "undressed", 0, 0, 0,
		"branches that went out without their location for want of memory"},
	{&handles[E911_STAT_STATELESS], "stateless", 0, 0, 0,
		"calls sent without a transaction for want of memory"},
	{&handles[E911_STAT_UNNAMED], "unnamed", 0, 0, 0,
		"branches whose From or To could not be made as the profile has it"},
	{&handles[E911_STAT_WITHOUT_TLS], "without_tls", 0, 0, 0,
		"destinations tried without TLS after TLS had failed"},
	{&handles[E911_STAT_TRANSFERRED], "transferred", 0, 0, 0,
		"calls of outside callers whom somebody has passed on"},
	{&handles[E911_STAT_ELIN_EMPTY], "elin_empty", 0, 0, 0,
		"calls for which no ELIN was free"},
	{&handles[E911_STAT_SET], "set", 0, 0, 0, "locations stated"},
	{&handles[E911_STAT_REFUSED], "refused", 0, 0, 0, "locations refused"},
	{&handles[E911_STAT_DELETED], "deleted", 0, 0, 0, "locations deleted"},
	{&handles[E911_STAT_CONFIRMED], "confirmed", 0, 0, 0,
		"locations confirmed for where the contact is now"},
	{&handles[E911_STAT_UNUSABLE], "unusable", 0, 0, 0,
		"locations named unusable"},
	{&handles[E911_STAT_LEARNED], "learned", 0, 0, 0,
		"locations taken from SIP requests"},
	{&handles[E911_STAT_UNPROVEN], "unproven", 0, 0, 0,
		"calls whose caller was not proven to be who he says"},
	{&handles[E911_STAT_MOVED], "moved", 0, 0, 0,
		"contacts heard from a network that is none of their places"},
	{&handles[E911_STAT_RETURNED], "returned", 0, 0, 0,
		"contacts that came back to one of their places"},
	{&handles[E911_STAT_GONE], "gone", 0, 0, 0,
		"contacts with a location that are no longer registered"},
	{&handles[E911_STAT_BACK], "back", 0, 0, 0,
		"contacts that registered again before their location was dropped"},
	{&handles[E911_STAT_DROPPED], "dropped", 0, 0, 0,
		"locations past their grace, time to live or retention"},
	{&handles[E911_STAT_GATE_REFUSED], "gate_refused", 0, 0, 0,
		"ordinary calls that the gate did not let pass"},
	{&handles[E911_STAT_GATE_WARNED], "gate_warned", 0, 0, 0,
		"ordinary calls let pass with a warning"},
	{&handles[E911_STAT_GATE_OPEN], "gate_open", 0, 0, 0,
		"ordinary calls let pass because of a fault of our own"},
	{&handles[E911_STAT_CALLBACKS], "callbacks", 0, 0, 0,
		"call backs to those who made an emergency call"},
	{&handles[E911_STAT_CALLBACKS_LOST], "callbacks_lost", 0, 0, 0,
		"call backs for which no way to the caller was left"},
	{&handles[E911_STAT_CALLBACKS_UNTRUSTED], "callbacks_untrusted", 0, 0, 0,
		"requests whose marking as a call back was taken out"},
	{&handles[E911_STAT_STORE_WRITTEN], "store_written", 0, 0, 0,
		"changes written to the database"},
	{&handles[E911_STAT_STORE_FAILED], "store_failed", 0, 0, 0,
		"times that the database did not answer or refused a transaction"},
	{&handles[E911_STAT_STORE_LOST], "store_lost", 0, 0, 0,
		"changes that found the queue full; made good when it is empty"},
	{&handles[E911_STAT_STORE_REFUSED], "store_refused", 0, 0, 0,
		"records that the database does not take, or that cannot be read"},
	{&handles[E911_STAT_STORE_READ], "store_read", 0, 0, 0,
		"records read from the database"},
	{&handles[E911_STAT_REFERENCES_SERVED], "references_served", 0, 0, 0,
		"locations and additional data given by their reference"},
	{&handles[E911_STAT_REFERENCES_REFUSED], "references_refused", 0, 0, 0,
		"requests for one of who may not, or for one that is not there"},
	{&handles[E911_STAT_WEB_REQUESTS], "web_requests", 0, 0, 0,
		"requests of the HTTP API"},
	{&handles[E911_STAT_WEB_REFUSED], "web_refused", 0, 0, 0,
		"of these, without a good token, or with one that may not"},
	{&handles[E911_STAT_HAND], "hand", 0, 0, 0,
		"changes by the operator's hand: drain, force and their opposites"},
	{&handles[E911_STAT_VALIDATED], "validated", 0, 0, 0,
		"locations that a validator found valid"},
	{&handles[E911_STAT_CORRECTED], "corrected", 0, 0, 0,
		"locations that a validator found valid once corrected"},
	{&handles[E911_STAT_INVALID], "invalid", 0, 0, 0,
		"locations that a validator found invalid"},
	{&handles[E911_STAT_UNCHECKED], "unchecked", 0, 0, 0,
		"locations of which no validator said anything definite"},
	{&handles[E911_STAT_VALIDATOR_FAILED], "validator_failed", 0, 0, 0,
		"requests to validators without an answer of use"},
	{&handles[E911_STAT_JOBS_LOST], "jobs_lost", 0, 0, 0,
		"locations that found no room among the jobs; asked for again later"},
	{&handles[E911_STAT_TOKENS_OFFERED], "tokens_offered", 0, 0, 0,
		"links to the page with a token, in answers to agents"},
	{&handles[E911_STAT_ACCESS_REFUSED], "access_refused", 0, 0, 0,
		"requests over HTTP that showed no token that is good"},
	{&handles[E911_STAT_THROTTLED], "throttled", 0, 0, 0,
		"requests over HTTP from a source that had made too many"},
	{&handles[E911_STAT_RECORD_LOST], "record_lost", 0, 0, 0,
		"events of calls that are not on record: no room"},
	{0, "record_waiting", 0, record_waiting, 0,
		"events of calls that are not yet written to the record"},
	{&handles[E911_STAT_DRILL_OK], "drill_ok", 0, 0, 0,
		"drills in which all was well"},
	{&handles[E911_STAT_DRILL_FAILED], "drill_failed", 0, 0, 0,
		"drills in which something was wrong"},
	{0, "pending", 0, pending, 0,
		"changes that the database does not have yet"},
	{0, "notices_sent", NOTICES_SUM(sent), "notices of calls that have arrived"},
	{0, "notices_failed", NOTICES_SUM(failed),
		"notices given up: too old, or after the last try"},
	{0, "notices_lost", NOTICES_SUM(lost),
		"notices that found no room or no memory"},
	{0, "notices_merged", NOTICES_SUM(merged),
		"later notices of a call that another one stands for"},
	{0, "notices_waiting", NOTICES(waiting), "notices that wait to be sent"},
	{0, "notices_flying", NOTICES(flying),
		"notices sent and not acknowledged yet"},
	{0, "notices_first", NOTICES_SUM(firsts), "first notices of calls that arrived"},
	{0, "notices_first_ms", NOTICES_SUM(first_ms),
		"milliseconds from these calls until they had arrived, in all"},
	{0, "notices_first_max_ms", NOTICES(first_max_ms),
		"milliseconds of the slowest of them"},
	{0, "locations", 0, locations, 0, "locations in force"},
	{0, "remembered", 0, remembered, 0,
		"emergency calls that are up or ended a while ago"},
	{0, 0, 0, 0, 0, 0}
};
/* clang-format on */

int e911_stats_init(unsigned int (*pending)(void))
{
	count_pending = pending;
	return counter_register_array("e911", counters) < 0 ? E911_ERR_MEM
														: E911_OK;
}

void e911_stats_count(int stat)
{
	counter_inc(handles[stat]);
}

int e911_stats_nth(
		int n, const char **name, const char **text, unsigned long *value)
{
	const counter_def_t *c = &counters[n < 0 ? 0 : n];
	counter_handle_t none = {0};

	if(n < 0 || c->name == NULL)
		return 0;
	*name = c->name;
	*text = c->descr;
	*value = (unsigned long)(c->get_cbk ? c->get_cbk(none, c->get_cbk_param)
										: counter_get_val(*c->handle));
	return 1;
}

int e911_stats_is_gauge(int n)
{
	return counters[n].get_cbk != NULL && !(counters[n].flags & CNT_F_NO_RESET);
}
