/*
 * e911: what writer and reader of PIDF-LO share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_PIDF_NS_H
#define E911_PIDF_NS_H

#include "location.h"

#define NS_PIDF "urn:ietf:params:xml:ns:pidf"
#define NS_DM NS_PIDF ":data-model"
#define NS_GP NS_PIDF ":geopriv10"
#define NS_GBP NS_GP ":basicPolicy"
#define NS_CA NS_GP ":civicAddr"
#define NS_CAE NS_CA ":ext"
#define NS_CDX1 "urn:nena:xml:ns:pidf:nenaCivicAddr"
#define NS_CDX2 "urn:nena:xml:ns:pidf:nenaCivicAddr2"
#define NS_GML "http://www.opengis.net/gml"
#define NS_GS "http://www.opengis.net/pidflo/1.0"
#define NS_CON "urn:ietf:params:xml:ns:geopriv:conf"
#define NS_AD "urn:ietf:params:xml:ns:EmergencyCallData"
#define NS_XML "http://www.w3.org/XML/1998/namespace"

#define PROVIDER_INFO "EmergencyCallData.ProviderInfo"

static inline int is_angle(int id)
{
	return id == E911_F_START || id == E911_F_OPENING
		   || id == E911_F_ORIENTATION;
}

/* RFC 7459 section 4.1: confidence belongs to all shapes but a Point */
static inline int is_area(const e911_shape_t *shape)
{
	return shape != NULL && (shape->ring || shape->members);
}

#endif
