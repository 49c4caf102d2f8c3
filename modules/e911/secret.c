/*
 * e911: a secret that a row only says the place of
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "secret.h"
#include "err.h"
#include "row.h"

int e911_secret_is_place(const str *where)
{
	return e911_row_begins(where, "file:/") || e911_row_begins(where, "env:");
}

/* One byte more than fits is read, so that too long a one shows. */
static int read_file(const char *path, char *mem, size_t size, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = 0;

	*len = 0;
	if(fd < 0)
		return E911_ERR_NONE;
	while(*len < size && (got = read(fd, mem + *len, size - *len)) > 0)
		*len += got;
	close(fd);
	return got < 0 ? E911_ERR_NONE : E911_OK;
}

static int read_variable(const char *name, char *mem, size_t size, size_t *len)
{
	const char *value = getenv(name);

	if(value == NULL)
		return E911_ERR_NONE;
	*len = strnlen(value, size);
	memcpy(mem, value, *len);
	return E911_OK;
}

static int trim_secret(char *mem, size_t size, size_t len)
{
	str text;

	if(len == size)
		return E911_ERR_LONG;
	if(len && mem[len - 1] == '\n')
		len--;
	if(len && mem[len - 1] == '\r')
		len--;
	mem[len] = '\0';
	text.s = mem;
	text.len = (int)len;
	/* it may go into a header, and would end it */
	if(!e911_row_is_clean(&text, ' '))
		return E911_ERR_VALUE;
	return len ? E911_OK : E911_ERR_NONE;
}

int e911_secret_read(const char *where, char *mem, size_t size)
{
	size_t len;
	int err = E911_ERR_NONE;

	if(strncmp(where, "file:", 5) == 0)
		err = read_file(where + 5, mem, size, &len);
	else if(strncmp(where, "env:", 4) == 0)
		err = read_variable(where + 4, mem, size, &len);
	if(!err)
		err = trim_secret(mem, size, len);
	if(err && size)
		memset(mem, 0, size);
	return err;
}
