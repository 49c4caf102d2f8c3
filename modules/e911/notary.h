/*
 * e911: the notary: agents' consents in the database
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Of the keeper's process: what was there is read once, what changes is
 * written. Trouble with this table is none of the others'.
 */
#ifndef E911_NOTARY_H
#define E911_NOTARY_H

/** Does a share of what there is to do, with the store open. 1: there may be
 * more; 0: nothing, or not now. It may have closed the store. */
int e911_notary_serve(void);
/** In the main process, when all others have ended: nothing is read any more. */
void e911_notary_finish(void);

#endif
