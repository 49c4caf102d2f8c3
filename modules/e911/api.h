/*
 * e911: the HTTP API: agents state where they are, operators look
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * utils/openapi.json says what is asked and answered. Whoever asks proves who he
 * is by a token (access.h); an agent sees and changes what is kept of him alone.
 * Nothing here waits: what a validator has to say is answered by a worker.
 */
#ifndef E911_API_H
#define E911_API_H

#include "../../core/parser/msg_parser.h"
#include "reply.h"

#define E911_API_BODY_MAX 16384

typedef struct e911_api_answer
{
	e911_reply_t reply;
	int later; /* a worker answers: nothing to be sent now */
	str body;  /* good until the next request */
} e911_api_answer_t;

/** In mod_init. workers: is there any? MEM. */
int e911_api_init(int workers);
void e911_api_destroy(void);
/** Answers a request; path: what stands behind the API's own, with "?…". */
void e911_api(sip_msg_t *msg, const str *path, e911_api_answer_t *answer);

#endif
