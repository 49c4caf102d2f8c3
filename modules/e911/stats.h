/*
 * e911: counters, shown by kamcmd e911.stats and stats.fetch e911:
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_STATS_H
#define E911_STATS_H

enum e911_stat
{
	E911_STAT_CALLS,
	E911_STAT_TESTS,
	E911_STAT_LOCATED,
	E911_STAT_DEFAULTED,
	E911_STAT_UNLOCATED,
	E911_STAT_TRIES,
	E911_STAT_FAILOVERS,
	E911_STAT_LOCATION_REFUSED,
	E911_STAT_LAST_RESORT,
	E911_STAT_EXHAUSTED,
	E911_STAT_CANCELLED,
	E911_STAT_RESCUED,
	E911_STAT_UNDRESSED,
	E911_STAT_STATELESS,
	E911_STAT_SET,
	E911_STAT_REFUSED,
	E911_STAT_DELETED,
	E911_STAT_CONFIRMED,
	E911_STAT_LEARNED,
	E911_STAT_UNPROVEN,
	E911_STAT_MOVED,
	E911_STAT_RETURNED,
	E911_STAT_GONE,
	E911_STAT_BACK,
	E911_STAT_DROPPED,
	E911_STAT_GATE_REFUSED,
	E911_STAT_GATE_WARNED,
	E911_STAT_GATE_OPEN,
	E911_STAT_CALLBACKS,
	E911_STAT_CALLBACKS_LOST,
	E911_STAT_CALLBACKS_UNTRUSTED,
	E911_STAT_STORE_WRITTEN,
	E911_STAT_STORE_FAILED,
	E911_STAT_STORE_LOST,
	E911_STAT_STORE_REFUSED,
	E911_STAT_STORE_READ,
	E911_STATS
};

/** Registers all; in mod_init. pending: how many changes the database does not
 * have yet. */
int e911_stats_init(unsigned int (*pending)(void));
void e911_stats_count(int stat);
/** The nth counter with its present value; 0 past the end. */
int e911_stats_nth(
		int n, const char **name, const char **text, unsigned long *value);

#endif
