/*
 * A SIP message without Kamailio's parser: read, edited by lumps as other
 * modules edit it, and written as core/msg_translator.c does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SIP_STUB_H
#define SIP_STUB_H

#include "../../core/data_lump.h"
#include "../../core/parser/msg_parser.h"

/** Reads a message into a block of exactly its size. -1: headers that do not
 * parse; parse_headers() then fails. To be given to sip_free() even so. */
int sip_read(sip_msg_t *msg, const char *text, size_t len);
void sip_free(sip_msg_t *msg);
/** As it would be sent over UDP, Content-Length corrected; to be given to
 * free(). Changes lumps where they overlap, as Kamailio does. */
str sip_render(sip_msg_t *msg);

/* A branch of tm: the lumps are its own, their texts are not. */
typedef struct sip_branch
{
	struct lump *add_rm;
	struct lump *body_lumps;
} sip_branch_t;

void sip_branch_begin(sip_msg_t *msg, sip_branch_t *branch);
void sip_branch_end(sip_msg_t *msg, sip_branch_t *branch);

/* ----- editors, with the lumps that the modules of these names make ----- */

void sip_set_body(sip_msg_t *msg, const char *body, const char *type);
/** body: with its delimiters */
void sip_set_body_multipart(
		sip_msg_t *msg, const char *body, const char *boundary);
void sip_remove_body(sip_msg_t *msg);
/** the first of these bytes, in headers or body, deleted and new ones put in
 * behind: subst(), rtpengine, sdpops */
void sip_replace(sip_msg_t *msg, const char *old, const char *with);
void sip_remove_hf(sip_msg_t *msg, const char *name);
void sip_append_hf(sip_msg_t *msg, const char *line);
/** behind the whole body: append_body_part(), search_append() */
void sip_append_body(sip_msg_t *msg, const char *text);

#endif
