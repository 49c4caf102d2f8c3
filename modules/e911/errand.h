/*
 * e911: what the workers do: jobs of validation
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each job is an inquiry; its verdict is put into force. The first worker also
 * has the guide of streets read, where no table is part of it, and looks, slowly, for locations whose verdict
 * is old and for those that nobody has said anything definite of.
 */
#ifndef E911_ERRAND_H
#define E911_ERRAND_H

/** In mod_init. network 0: no validator is asked over the network. MEM. */
int e911_errand_init(int network);
void e911_errand_destroy(void);
/** The life of a worker; does not return. */
void e911_errand_run(int slot);

#endif
