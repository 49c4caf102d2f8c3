/*
 * e911: what a site may decide
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each is a column of a site; the words are in the manual, in this order.
 */
#ifndef E911_POLICY_H
#define E911_POLICY_H

/* What becomes of an ordinary call of somebody without a location in force. */
enum e911_gate_policy
{
	E911_GATE_OFF,
	E911_GATE_WARN,
	E911_GATE_REQUIRE
};

/* What goes with an emergency call of somebody who may not be who he says. */
enum e911_unproven_policy
{
	E911_UNPROVEN_NONE,		 /* no location */
	E911_UNPROVEN_CHALLENGE, /* one challenge by the script, then none */
	E911_UNPROVEN_DEFAULT	 /* the site's default location */
};

/* What proves a contact that is registered. */
enum e911_proof_policy
{
	E911_BY_ADDRESS, /* it calls from the address it registered from */
	E911_BY_FLOW	 /* over that very connection, or from that very port */
};

/* Of the phone's own location and the stored one, which is first. */
enum e911_phone_policy
{
	E911_PREFER_PHONE,
	E911_PREFER_STORED,
	E911_PREFER_NEWEST
};

/* Who answers a test call. */
enum e911_test_policy
{
	E911_TEST_ERSP,	  /* the ERSP's test service, as a real call would go */
	E911_TEST_LOCAL,  /* this proxy: what a real call would be */
	E911_TEST_MESSAGE /* the same, and a MESSAGE to the phone */
};

#define E911_TEST_WORDS                  \
	{                                    \
		"ersp", "local", "message", NULL \
	}

/* What becomes of an address that a validator finds wrong. */
enum e911_invalid_policy
{
	E911_INVALID_STORE, /* it goes with calls, by its verdict */
	E911_INVALID_REFUSE /* it goes with none */
};

#endif
