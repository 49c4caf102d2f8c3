/*
 * test/mock/server.py as a child of the test.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MOCK_STUB_H
#define MOCK_STUB_H

/** Started when 0 is returned; ends with the test in any case. */
int mock_start(void);
int mock_stop(void);
int mock_port(const char *name);
/** A URL of the server of that name; one of the last eight. */
const char *mock_url(const char *name, const char *host, const char *path);
/** The path of one of its certificates; one of the last four. */
const char *mock_file(const char *name);

#endif
