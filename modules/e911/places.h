/*
 * e911: the places of a record, as the database keeps them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A JSON array: [{"network":"192.0.2.1","confirmed":1790000000,
 * "stated":1790000000,"until":0,"verdict":"valid","origin":"rpc",
 * "location":{"country":"US",…}},…]; times in seconds since 1970, UTC.
 */
#ifndef E911_PLACES_H
#define E911_PLACES_H

#include "record.h"
#include "strbuf.h"

#define E911_PLACE_TEXT_MAX 16000
#define E911_PLACES_TEXT_MAX 30000 /* srdb1 writes statements of 65536 bytes */

/** Writes them all. MEM, SPACE. */
int e911_places_write(e911_strbuf_t *b, const e911_record_t *r);
/**
 * Reads them into r, whose place in use has to be among them. SPACE, SYNTAX,
 * TYPE, MEM, EMPTY, and what a location may be refused for; r->places and
 * r->place are then not to be used.
 */
int e911_places_read(e911_record_t *r, const str *text);

/** One location alone: the same without network and confirmed. */
int e911_place_write(e911_strbuf_t *b, const e911_location_t *l);
int e911_place_read(e911_location_t *l, const str *text);

#endif
