/*
 * e911: $e911(name): what is known of the emergency call at hand
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_PV_H
#define E911_PV_H

#include "../../core/pvar.h"

extern pv_export_t e911_pvs[];

#endif
