/*
 * e911: the locations in force, in shared memory
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Keyed by AoR and device (aor.h). All devices of an AoR stand in one chain,
 * so that one look-up under one lock answers "this device, else …". Copies go
 * in and copies come out; locks never leave this file. Bounded: a full table
 * refuses, it never drops somebody else's location. Only provision writes.
 */
#ifndef E911_CACHE_H
#define E911_CACHE_H

#include <stdint.h>
#include "aor.h"
#include "location.h"

#define E911_DEVICE_NAMES 4

/* What is known of the calling device, best first. */
typedef struct e911_device
{
	int n;
	str name[E911_DEVICE_NAMES];
} e911_device_t;

/* How a location was found. */
enum e911_found
{
	E911_FOUND_NONE,
	E911_FOUND_DEVICE, /* one of the device's names */
	E911_FOUND_AOR,	   /* stated for the AoR, whatever the device */
	E911_FOUND_ONLY	   /* the only location of the AoR */
};

typedef struct e911_record
{
	str aor;
	str contact;
	char aor_mem[E911_AOR_MAX];
	char contact_mem[E911_CONTACT_MAX];
	e911_location_t location;
} e911_record_t;

/** Table for at most max locations; once, before the fork. MEM. */
int e911_cache_init(unsigned int max);
void e911_cache_destroy(void);
/** Puts or replaces. MEM, FULL, LONG. What was there stays on an error. */
int e911_cache_put(
		const str *aor, const str *contact, const e911_location_t *l);
/** That one record; NONE. */
int e911_cache_get(const str *aor, const str *contact, e911_location_t *l);
/**
 * The location of a caller: the first of the device's names that is there,
 * else the AoR's own, else its only one. Answers enum e911_found; contact_mem
 * takes the name of the device it was stated for.
 */
int e911_cache_find(const str *aor, const e911_device_t *device,
		e911_location_t *l, char contact_mem[E911_CONTACT_MAX], str *contact);
/** How many were taken out; contact NULL: all of the AoR. */
int e911_cache_del(const str *aor, const str *contact);
/**
 * Walks all records: *cursor 0 to begin. 1: one copied out, 0: the end.
 * Records that come or go meanwhile may be missed, none stands twice in a
 * chain that did not change.
 */
int e911_cache_next(uint64_t *cursor, e911_record_t *record);
unsigned int e911_cache_count(void);

#endif
