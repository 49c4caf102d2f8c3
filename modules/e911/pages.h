/*
 * e911: web pages, served from memory
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The files of a folder's sub-folders agent/ and operator/, read once at the
 * start; one is found by its whole name in a table or not at all, so that no
 * path leads elsewhere. Beside them config.json, which is made here:
 * {"origins":[…]}, whom a page may talk to when it is framed.
 */
#ifndef E911_PAGES_H
#define E911_PAGES_H

#include "../../core/str.h"

#define E911_PAGES_MAX 64
#define E911_PAGES_BYTES 1048576 /* of all together */

typedef struct e911_page
{
	int status; /* 200, 304, 308 (to the folder), 404, 405 */
	str reason;
	str type;	 /* Content-Type; empty: there is no body */
	str headers; /* further ones, each with its line end */
	str body;
} e911_page_t;

/**
 * In mod_init, after the hash and the origins. path: what all pages are below,
 * "/e911/"; both it and dir stay the caller's. NONE (nothing there to be read),
 * FULL, SPACE, LONG, MEM: then there are no pages; bad: the path at fault, ours.
 */
int e911_pages_init(const char *dir, const str *path, const char **bad);
void e911_pages_destroy(void);
/**
 * What is answered to that method and request target (RFC 9112 section 3.2);
 * match: If-None-Match, may be NULL. Points into our memory, which never
 * changes. NONE: not below one of the sub-folders, or there are no pages.
 */
int e911_pages_find(const str *method, const str *target, const str *match,
		e911_page_t *page);

#endif
