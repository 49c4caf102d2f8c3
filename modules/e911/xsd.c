/*
 * e911: values as XML Schema writes them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "xsd.h"
#include "err.h"

static int number_at(const char *s, int digits)
{
	int n = 0;

	while(digits--)
		n = n * 10 + (*s++ - '0');
	return n;
}

static int looks_like(const char *s, size_t len, const char *pattern)
{
	size_t i;

	for(i = 0; pattern[i]; i++) {
		if(i == len)
			return 0;
		if(pattern[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != pattern[i])
			return 0;
	}
	return 1;
}

/* Seconds east of UTC; nothing and Z are UTC. */
static int read_zone(const char *s, size_t len, int *east)
{
	int minutes;

	*east = 0;
	if(len == 0 || (len == 1 && *s == 'Z'))
		return 1;
	if(len != 6 || (*s != '+' && *s != '-')
			|| !looks_like(s + 1, len - 1, "00:00"))
		return 0;
	minutes = number_at(s + 1, 2) * 60 + number_at(s + 4, 2);
	*east = (*s == '-' ? -60 : 60) * minutes;
	return 1;
}

int e911_xsd_time(const char *s, size_t len, time_t *when)
{
	struct tm tm = {0};
	size_t i = 19;
	int east;

	if(!looks_like(s, len, "0000-00-00T00:00:00"))
		return E911_ERR_VALUE;
	if(i < len && s[i] == '.')
		for(i++; i < len && s[i] >= '0' && s[i] <= '9';)
			i++;
	if(!read_zone(s + i, len - i, &east))
		return E911_ERR_VALUE;
	tm.tm_year = number_at(s, 4) - 1900;
	tm.tm_mon = number_at(s + 5, 2) - 1;
	tm.tm_mday = number_at(s + 8, 2);
	tm.tm_hour = number_at(s + 11, 2);
	tm.tm_min = number_at(s + 14, 2);
	tm.tm_sec = number_at(s + 17, 2);
	/* what a zone could push out of the years that can be written again */
	if(tm.tm_year < 71 || tm.tm_year > 9998 - 1900)
		return E911_ERR_VALUE;
	if(tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 || tm.tm_mday > 31
			|| tm.tm_hour > 24 || tm.tm_min > 59 || tm.tm_sec > 60)
		return E911_ERR_VALUE;
	*when = timegm(&tm) - east;
	return E911_OK;
}
