/*
 * e911: the profiles built in, as an operator would write them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For profiles.c alone. Each row says where it has that from; what is not said
 * in public is marked assumed=yes: to be checked with the provider, and mended
 * by a row of one's own (name=redsky;like=redsky;…).
 */
#ifndef E911_PROFILE_ROWS_H
#define E911_PROFILE_ROWS_H

/* clang-format off */
static const char *const e911_profile_rows[] = {
	/* the first is the default, and what rows are like that say nothing else */
	"name=value;convey=value;routing=yes;direct=all;transferred=none;"
		"cites=RFC 6442 section 3.1",
	/* a proxy may not add a body (RFC 3261 16.6): the pure mode */
	"name=reference;convey=reference;"
		"cites=\"RFC 6881 SP-33, RFC 6442 section 3.2, RFC 6753\"",
	/* a carrier that knows no location */
	"name=plain;convey=none;cites=-",
	/* a carrier that looks the calling number up */
	"name=elin;convey=elin;from=elin,callback;pai=elin,callback;"
		"user_phone=yes;cites=NENA 02-010: an address for each number",
	/* a local carrier that drops PIDF-LO: only when all others have failed */
	"name=premise;like=plain;bypass=yes;direct=none;cites=-",

	"name=i3;convey=value,reference;ruri=urn;to=ruri;pai=callback;"
		"priority=emergency;data=provider,service,subscriber;"
		"cites=\"RFC 6881 ED-62, RFC 7852; NENA-STA-010.3\"",

	"name=teams;element=tuple;order=shape-first;"
		"method=Manual:MANUAL,Wiremap:LIS,DHCP:LIS;direct=LIS,ASSIST;"
		"cites=Microsoft: Teams emergency calling - dispatchable location",
	"name=teams;country=CA;direct=none",
	"name=teams;country=GB;direct=none",
	"name=teams;country=IE;direct=none",

	/* an ERL ID in Geolocation, the callback number in P-Asserted-Identity */
	"name=intrado;convey=token,value;token_in=geolocation;token=intrado;"
		"pai=callback;user_phone=yes;"
		"cites=Mitel MX-ONE integration with Intrado ERS;assumed=yes",
	/* the same, the ERL ID in From */
	"name=intrado-erl;like=intrado;token_in=identity;from=token",

	/* P-Asserted-Identity would win over the AEUI in From: it is taken out */
	"name=bandwidth;convey=token,value;token_in=geolocation;id=bandwidth;"
		"token=bandwidth-location;from=id,callback;pai=none;"
		"limit=LOC:60,NAM:50,HNO:45,RD:200,A3:100,PC:10;needs=valid;"
		"cites=Bandwidth api-docs: Dynamic Location Routing;assumed=yes",

	"name=redsky;pai=callback;user_phone=yes;"
		"cites=no public description of the SIP messages;assumed=yes",

	"name=telnyx;convey=token,value;token_in=geolocation;id=telnyx;"
		"token=telnyx-location;from=id,callback;pai=none;"
		"method=Wiremap:LIS,DHCP:LIS;direct=LIS,ASSIST;"
		"limit=HNO:6,LOC:60,NAM:50;"
		"cites=Telnyx: Dynamic E911",

	"name=voip-innovations;pai=callback;user_phone=yes;needs=valid;"
		"limit=LOC:60;cites=VoIP Innovations: Dynamic E911",

	"name=aws-chime;pai=callback;user_phone=yes;needs=valid;"
		"cites=AWS: Chime Voice Connector emergency calling",
	NULL
};
/* clang-format on */

#endif
