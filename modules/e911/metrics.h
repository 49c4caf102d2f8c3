/*
 * e911: all that is counted, for Prometheus
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * OpenMetrics 1.0 text, with labels for site, ERSP, verdict: Kamailio's
 * xhttp_prom shows counters, but has no labels for what C code counts. Who may
 * read it is named by his address, or has an operator's key.
 */
#ifndef E911_METRICS_H
#define E911_METRICS_H

#include "network.h"
#include "strbuf.h"

#define E911_METRICS_MAX (384 * 1024)
#define E911_METRICS_TYPE \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"

/** The path, and a list of networks that may read it without a key. VALUE,
 * FULL. */
int e911_metrics_init(const str *path, const str *from);
/** Is the request of that URI for it? */
int e911_metrics_has(const str *uri);
/** May who asks from there, with this in Authorization (may be empty)? An
 * operator by his key may. 0; NONE: he is not known; MISSING: he is, and may
 * not; FULL: he has tried too often. */
int e911_metrics_may(const e911_network_t *source, const str *authorization);
/** What does not fit is left out by whole families, and said so. */
void e911_metrics_write(e911_strbuf_t *b);

#endif
