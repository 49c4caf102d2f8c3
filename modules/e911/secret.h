/*
 * e911: a secret that a row only says the place of
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_SECRET_H
#define E911_SECRET_H

#include <stddef.h>
#include "../../core/str.h"

/** "file:/…" or "env:…"? */
int e911_secret_is_place(const str *where);
/** Reads it from there, its last line end cut; it waits for the disk. For the
 * moment of use only. NONE: there is none, or it cannot be read, or is empty;
 * LONG; VALUE: it has a byte that is no visible ASCII or blank. */
int e911_secret_read(const char *where, char *mem, size_t size);

#endif
