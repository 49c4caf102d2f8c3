/*
 * e911: counters
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../core/counters.h"
#include "stats.h"
#include "cache.h"
#include "err.h"

static counter_handle_t handles[E911_STATS];

static counter_val_t locations(counter_handle_t handle, void *param)
{
	return e911_cache_count();
}

/* clang-format off */
static counter_def_t counters[] = {
	{&handles[E911_STAT_CALLS], "calls", 0, 0, 0, "emergency calls"},
	{&handles[E911_STAT_TESTS], "tests", 0, 0, 0, "test calls"},
	{&handles[E911_STAT_LOCATED], "located", 0, 0, 0,
		"calls for which the caller's own location was known"},
	{&handles[E911_STAT_DEFAULTED], "defaulted", 0, 0, 0,
		"calls that had the default location of their site"},
	{&handles[E911_STAT_UNLOCATED], "unlocated", 0, 0, 0,
		"calls without any location"},
	{&handles[E911_STAT_TRIES], "tries", 0, 0, 0,
		"destinations a call was sent to"},
	{&handles[E911_STAT_FAILOVERS], "failovers", 0, 0, 0,
		"steps to a next destination"},
	{&handles[E911_STAT_LOCATION_REFUSED], "location_refused", 0, 0, 0,
		"424 and 415 about a location, answered by a lesser form"},
	{&handles[E911_STAT_LAST_RESORT], "last_resort", 0, 0, 0,
		"calls that came to the set of last resort"},
	{&handles[E911_STAT_EXHAUSTED], "exhausted", 0, 0, 0,
		"calls that nothing took"},
	{&handles[E911_STAT_CANCELLED], "cancelled", 0, 0, 0,
		"calls the caller gave up before an answer"},
	{&handles[E911_STAT_RESCUED], "rescued", 0, 0, 0,
		"answers that crossed our CANCEL and were kept"},
	{&handles[E911_STAT_UNDRESSED], "undressed", 0, 0, 0,
		"branches that went out without their location for want of memory"},
	{&handles[E911_STAT_STATELESS], "stateless", 0, 0, 0,
		"calls sent without a transaction for want of memory"},
	{&handles[E911_STAT_SET], "set", 0, 0, 0, "locations stated"},
	{&handles[E911_STAT_REFUSED], "refused", 0, 0, 0, "locations refused"},
	{&handles[E911_STAT_DELETED], "deleted", 0, 0, 0, "locations deleted"},
	{0, "locations", 0, locations, 0, "locations in force"},
	{0, 0, 0, 0, 0, 0}
};
/* clang-format on */

int e911_stats_init(void)
{
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
	if(n < 0 || n > E911_STATS)
		return 0;
	*name = counters[n].name;
	*text = counters[n].descr;
	*value = n == E911_STATS ? e911_cache_count()
							 : (unsigned long)counter_get_val(handles[n]);
	return 1;
}
