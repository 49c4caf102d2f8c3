/*
 * e911: MSAG: files of a guide
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include "msag_file.h"
#include "err.h"

#define CELLS_MAX 64 /* columns of a CSV file */
#define DIGITS_MAX 9
#define NENA_LINE 200

enum kind
{
	KIND_TEXT,
	KIND_NUMBER,
	KIND_PARITY
};

typedef struct column
{
	const char *name;
	enum kind kind;
	int must;
	size_t to; /* place in the row */
	/* of a NENA record: first and last column, from 1; 0: not there */
	int first;
	int last;
} column_t;

#define TO(member) offsetof(e911_msag_row_t, member)

/* clang-format off */
static const column_t columns[] = {
		{"predir", KIND_TEXT, 0, TO(predir), 1, 2},
		{"street", KIND_TEXT, 1, TO(street), 3, 62},
		{"suffix", KIND_TEXT, 0, TO(suffix), 63, 66},
		{"postdir", KIND_TEXT, 0, TO(postdir), 67, 68},
		{"low", KIND_NUMBER, 1, TO(low), 69, 78},
		{"high", KIND_NUMBER, 1, TO(high), 79, 88},
		{"community", KIND_TEXT, 1, TO(community), 89, 120},
		{"state", KIND_TEXT, 1, TO(state), 121, 122},
		{"parity", KIND_PARITY, 0, TO(parity), 123, 123},
		{"esn", KIND_TEXT, 0, TO(esn), 124, 128},
		{"psap", KIND_TEXT, 0, TO(psap), 135, 138},
		/* a record has the number of the county, not its name */
		{"county", KIND_TEXT, 0, TO(county), 0, 0},
		{"country", KIND_TEXT, 0, TO(country), 0, 0},
};
/* clang-format on */

#define COLUMNS (int)(sizeof(columns) / sizeof(*columns))
#define COLUMN_NONE 255

typedef struct reader
{
	e911_msag_t *msag;
	FILE *file;
	e911_msag_fault_t *fault;
	unsigned long rows;
	int cells;
	unsigned char column[CELLS_MAX]; /* of a cell, or COLUMN_NONE */
	size_t len;
	char line[E911_MSAG_LINE_MAX];
} reader_t;

/* ----- lines ----- */

/* 1: a line, without its end; 0: the end; LONG */
static int next_line(reader_t *r)
{
	int c;

	r->fault->line++;
	r->fault->column[0] = '\0';
	for(r->len = 0; (c = getc_unlocked(r->file)) != EOF && c != '\n';) {
		if(r->len == sizeof(r->line))
			return E911_ERR_LONG;
		r->line[r->len++] = (char)c;
	}
	if(c == EOF && r->len == 0)
		return 0;
	if(r->len && r->line[r->len - 1] == '\r')
		r->len--;
	return 1;
}

static int at_fault(reader_t *r, const char *column, int err)
{
	strncpy(r->fault->column, column, sizeof(r->fault->column) - 1);
	return err;
}

/* ----- values ----- */

static str trimmed(const char *s, size_t len)
{
	str t;

	while(len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		len--;
	while(len && (*s == ' ' || *s == '\t')) {
		s++;
		len--;
	}
	t.s = (char *)s;
	t.len = (int)len;
	return t;
}

static int read_number(const str *value, unsigned int *to)
{
	unsigned int n = 0;
	int i = 0, digits = 0;

	for(; i < value->len && value->s[i] == '0'; i++)
		;
	for(; i < value->len; i++, digits++) {
		if(value->s[i] < '0' || value->s[i] > '9' || digits == DIGITS_MAX)
			return E911_ERR_VALUE;
		n = n * 10 + (unsigned int)(value->s[i] - '0');
	}
	*to = n;
	return value->len ? E911_OK : E911_ERR_VALUE;
}

static int read_parity(const str *value, char *to)
{
	if(value->len != 1)
		return E911_ERR_VALUE;
	*to = (char)(*value->s & ~0x20); /* which e911_msag_add() checks */
	return E911_OK;
}

static int put_value(reader_t *r, e911_msag_row_t *row, const column_t *c,
		const char *s, size_t len)
{
	char *to = (char *)row + c->to;
	str value = trimmed(s, len);
	int err = E911_OK;

	switch(c->kind) {
		case KIND_TEXT:
			memcpy(to, &value, sizeof(value));
			break;
		case KIND_NUMBER:
			err = read_number(&value, (unsigned int *)(void *)to);
			break;
		case KIND_PARITY:
			err = read_parity(&value, to);
			break;
	}
	return err ? at_fault(r, c->name, err) : E911_OK;
}

static void start_row(e911_msag_row_t *row)
{
	memset(row, 0, sizeof(*row));
	row->parity = 'B';
}

static int add_row(reader_t *r, const e911_msag_row_t *row)
{
	const char *bad = "";
	int err = e911_msag_add(r->msag, row, &bad);

	if(err == E911_OK)
		r->rows++;
	return err ? at_fault(r, bad, err) : E911_OK;
}

/* ----- records of 200 columns ----- */

static int is_record(const reader_t *r)
{
	return r->len == NENA_LINE && r->line[NENA_LINE - 1] == '*';
}

static int read_record(reader_t *r)
{
	e911_msag_row_t row;
	int i, err = E911_OK;

	if(!is_record(r))
		return E911_ERR_SYNTAX;
	start_row(&row);
	for(i = 0; err == E911_OK && i < COLUMNS; i++)
		if(columns[i].first)
			err = put_value(r, &row, &columns[i],
					r->line + columns[i].first - 1,
					(size_t)(columns[i].last - columns[i].first + 1));
	return err ? err : add_row(r, &row);
}

/* ----- CSV, RFC 4180 section 2; a record is one line ----- */

/* "a ""b""" in place; the byte behind the closing quote, 0: there is none */
static size_t unquote(char *s, size_t len, str *cell)
{
	size_t i, n = 0;

	for(i = 1; i < len; i++) {
		if(s[i] == '"' && (i + 1 == len || s[i + 1] != '"'))
			break;
		if(s[i] == '"')
			i++;
		s[n++] = s[i];
	}
	cell->s = s;
	cell->len = (int)n;
	return i < len ? i + 1 : 0;
}

/* Takes the next cell; *at is behind its comma, past the end after the last. */
static int next_cell(reader_t *r, size_t *at, str *cell)
{
	char *s = r->line + *at, *comma;
	size_t len = r->len - *at, used;

	if(len && *s == '"') {
		used = unquote(s, len, cell);
		if(used == 0 || (used < len && s[used] != ','))
			return E911_ERR_SYNTAX;
	} else {
		comma = len ? memchr(s, ',', len) : NULL;
		used = comma ? (size_t)(comma - s) : len;
		cell->s = s;
		cell->len = (int)used;
	}
	*at += used + 1;
	return E911_OK;
}

static int find_column(const str *name)
{
	int i;

	for(i = 0; i < COLUMNS; i++)
		if((size_t)name->len == strlen(columns[i].name)
				&& strncasecmp(name->s, columns[i].name, name->len) == 0)
			return i;
	return COLUMN_NONE;
}

static int missing_column(reader_t *r, const int *given)
{
	int i;

	for(i = 0; i < COLUMNS; i++)
		if(columns[i].must && !given[i])
			return at_fault(r, columns[i].name, E911_ERR_MISSING);
	return E911_OK;
}

static int read_header(reader_t *r)
{
	int given[COLUMN_NONE + 1] = {0}, is, err;
	size_t at = 0;
	str cell;

	if(r->len >= 3 && memcmp(r->line, "\xef\xbb\xbf", 3) == 0)
		at = 3; /* byte order mark */
	for(r->cells = 0; at <= r->len; r->cells++) {
		if(r->cells == CELLS_MAX)
			return E911_ERR_LONG;
		if((err = next_cell(r, &at, &cell)))
			return err;
		cell = trimmed(cell.s, cell.len);
		is = find_column(&cell);
		if(is != COLUMN_NONE && given[is]++)
			return at_fault(r, columns[is].name, E911_ERR_TWICE);
		r->column[r->cells] = (unsigned char)is;
	}
	return missing_column(r, given);
}

static int read_cells(reader_t *r)
{
	e911_msag_row_t row;
	size_t at = 0;
	int i, err;
	str cell;

	if(r->len == 0)
		return E911_OK;
	start_row(&row);
	for(i = 0; at <= r->len; i++) {
		if(i == r->cells)
			return E911_ERR_SYNTAX;
		if((err = next_cell(r, &at, &cell)))
			return err;
		if(r->column[i] == COLUMN_NONE)
			continue;
		err = put_value(
				r, &row, &columns[r->column[i]], cell.s, (size_t)cell.len);
		if(err)
			return err;
	}
	return i < r->cells ? E911_ERR_SYNTAX : add_row(r, &row);
}

/* ----- the whole ----- */

static int read_rows(reader_t *r)
{
	int (*read)(reader_t *) = read_cells;
	int err = next_line(r);

	if(err <= 0)
		return err ? err : E911_ERR_EMPTY;
	if(is_record(r)) {
		read = read_record;
		err = read_record(r);
	} else {
		err = read_header(r);
	}
	while(err == E911_OK && (err = next_line(r)) == 1)
		err = read(r);
	return err;
}

int e911_msag_file_rows(e911_msag_t *msag, FILE *file, e911_msag_fault_t *fault)
{
	reader_t r;
	int err;

	memset(fault, 0, sizeof(*fault));
	r.msag = msag;
	r.file = file;
	r.fault = fault;
	r.rows = 0;
	err = read_rows(&r);
	if(err == E911_OK && r.rows == 0)
		err = E911_ERR_EMPTY;
	if(ferror(file))
		err = E911_ERR_NONE;
	if(err == E911_OK || err == E911_ERR_NONE || err == E911_ERR_EMPTY)
		memset(fault, 0, sizeof(*fault));
	return err;
}

int e911_msag_file_read(
		e911_msag_t *msag, const char *path, e911_msag_fault_t *fault)
{
	FILE *file = fopen(path, "r");
	int err;

	memset(fault, 0, sizeof(*fault));
	if(file == NULL)
		return E911_ERR_NONE;
	err = e911_msag_file_rows(msag, file, fault);
	(void)fclose(file);
	return err;
}
