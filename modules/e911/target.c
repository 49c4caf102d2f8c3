/*
 * e911: where a request goes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/dset.h"
#include "../../core/mem/mem.h"
#include "target.h"

/* no memory is taken: what could fail has nothing to undo */
void e911_target_take(sip_msg_t *msg, e911_target_t *target)
{
	memset(target, 0, sizeof(*target));
	target->uri = msg->new_uri;
	target->destination = msg->dst_uri;
	target->path = msg->path_vec;
	target->instance = msg->instance;
	target->ruid = msg->ruid;
	target->agent = msg->location_ua;
	target->socket = msg->force_send_socket;
	target->reg_id = msg->reg_id;
	target->connection = msg->otcpid;
	target->q = get_ruri_q();
	target->is_new = ruri_get_forking_state();
	target->branches = nr_branches;
	getbflagsval(0, &target->flags);
	memset(&msg->new_uri, 0, sizeof(str));
	memset(&msg->dst_uri, 0, sizeof(str));
	memset(&msg->path_vec, 0, sizeof(str));
	memset(&msg->instance, 0, sizeof(str));
	memset(&msg->ruid, 0, sizeof(str));
	memset(&msg->location_ua, 0, sizeof(str));
	reset_force_socket(msg);
	msg->parsed_uri_ok = 0;
	msg->reg_id = 0;
	msg->otcpid = 0;
	set_ruri_q(Q_UNSPECIFIED);
}

static void free_text(str *text)
{
	if(text->s)
		pkg_free(text->s);
}

static void free_texts(sip_msg_t *msg)
{
	free_text(&msg->new_uri);
	free_text(&msg->dst_uri);
	free_text(&msg->path_vec);
	free_text(&msg->instance);
	free_text(&msg->ruid);
	free_text(&msg->location_ua);
}

void e911_target_restore(sip_msg_t *msg, const e911_target_t *target)
{
	free_texts(msg);
	while(nr_branches > target->branches)
		drop_sip_branch((int)nr_branches - 1);
	msg->new_uri = target->uri;
	msg->dst_uri = target->destination;
	msg->path_vec = target->path;
	msg->instance = target->instance;
	msg->ruid = target->ruid;
	msg->location_ua = target->agent;
	set_force_socket(msg, target->socket);
	msg->parsed_uri_ok = 0;
	msg->reg_id = target->reg_id;
	msg->otcpid = target->connection;
	set_ruri_q(target->q);
	setbflagsval(0, target->flags);
	if(target->is_new)
		ruri_mark_new();
	else
		ruri_mark_consumed();
}

void e911_target_drop(sip_msg_t *msg, const e911_target_t *target)
{
	e911_target_t old = *target;
	unsigned int i;

	free_text(&old.uri);
	free_text(&old.destination);
	free_text(&old.path);
	free_text(&old.instance);
	free_text(&old.ruid);
	free_text(&old.agent);
	/* the script's own would ring along */
	for(i = 0; i < old.branches && nr_branches; i++)
		drop_sip_branch(0);
}
