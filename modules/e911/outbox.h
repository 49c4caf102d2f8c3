/*
 * e911: the outbox: notices in the database, until they are sent
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Of the keeper's process, beside the sending, never before it: what is not
 * sent yet is written, what was sent is deleted, what was left by the Kamailio
 * before this one is read once and sent. Trouble with this table is none of
 * the locations'.
 */
#ifndef E911_OUTBOX_H
#define E911_OUTBOX_H

/** There are notices to be kept; before the fork. */
void e911_outbox_init(void);
/** Does a share of what there is to do, with the store open. 1: there may be
 * more; 0: nothing, or not now. It may have closed the store. */
int e911_outbox_serve(void);
/** In the main process, when all others have ended: nothing is read any more. */
void e911_outbox_finish(void);

#endif
