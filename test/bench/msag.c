/*
 * The guide of streets, measured: loads a guide, asks for addresses.
 * usage: msag GUIDE QUERIES; prints a name and a number a line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: msag msag_index msag_sort msag_pool msag_query msag_file suggest spell
 * needs: street postal location field strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "../../modules/e911/err.h"
#include "../../modules/e911/msag_file.h"

#define QUERIES_MAX 100000
#define TIMES 5
#define BATCH 50

enum cell
{
	STATE,
	COMMUNITY,
	OTHER,
	PREDIR,
	TYPED,
	SUFFIX,
	NUMBER,
	STREET,
	CELLS
};

typedef struct query
{
	char *cell[CELLS];
	e911_location_t *l;
} query_t;

static query_t *queries;
static int asked;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int ok, const char *what)
{
	if(!ok) {
		fprintf(stderr, "msag: %s\n", what);
		exit(1);
	}
}

static void read_queries(const char *path)
{
	static char line[1024];
	FILE *file = fopen(path, "r");
	char *rest;
	int i;

	must(file != NULL && fgets(line, sizeof(line), file) != NULL, path);
	queries = calloc(QUERIES_MAX, sizeof(*queries));
	must(queries != NULL, "memory");
	for(; asked < QUERIES_MAX && fgets(line, sizeof(line), file); asked++) {
		line[strcspn(line, "\n")] = '\0';
		rest = line;
		for(i = 0; i < CELLS && rest; i++)
			queries[asked].cell[i] = strdup(strsep(&rest, ","));
		must(i == CELLS, "a query without all its cells");
	}
	fclose(file);
}

static void set(e911_location_t *l, const char *name, const char *value)
{
	int id = e911_field_find(name, strlen(name));

	must(e911_location_set(l, id, value, strlen(value)) == 0, name);
}

/* asks for all with that community and that street */
static void state(enum cell community, enum cell street)
{
	static e911_location_t l;
	query_t *q;

	for(q = queries; q < queries + asked; q++) {
		e911_location_init(&l, E911_FROM_RPC, 0);
		set(&l, "country", "US");
		set(&l, "A1", q->cell[STATE]);
		set(&l, "A3", q->cell[community]);
		set(&l, "PRD", q->cell[PREDIR]);
		set(&l, "RD", q->cell[street]);
		set(&l, "STS", q->cell[SUFFIX]);
		set(&l, "HNO", q->cell[NUMBER]);
		free(q->l);
		q->l = malloc(E911_LOCATION_SIZE(&l));
		must(q->l != NULL, "memory");
		memcpy(q->l, &l, E911_LOCATION_SIZE(&l));
	}
}

static int is(const e911_location_t *l, int field, const char *z)
{
	str value = {NULL, 0};

	(void)e911_location_get(l, field, &value);
	return (size_t)value.len == strlen(z) && memcmp(value.s, z, value.len) == 0;
}

/* the place of the street that was meant, from 1; 0: it is not there */
static int place(const e911_assessment_t *a, const query_t *q, int whole)
{
	int i;

	for(i = 0; i < a->n; i++)
		if(is(&a->suggestion[i], E911_F_RD, q->cell[STREET])
				&& (!whole
						|| is(&a->suggestion[i], E911_F_A3,
								q->cell[COMMUNITY])))
			return i + 1;
	return 0;
}

/* Seconds for some queries from there on, which are at hand as one is that has
 * just been read. */
static double measure_some(const e911_msag_t *m, int from, int n)
{
	static e911_location_t l[BATCH];
	static e911_assessment_t a;
	double start;
	int i;

	for(i = 0; i < n; i++)
		memcpy(&l[i], queries[from + i].l,
				E911_LOCATION_SIZE(queries[from + i].l));
	start = now();
	for(i = 0; i < n; i++)
		e911_msag_assess(m, &l[i], &a);
	return now() - start;
}

/* The mean of all. Each batch at its best, with all others in between: whoever
 * else is at work on the machine does not come in. */
static double measure_all(const e911_msag_t *m)
{
	static double best[QUERIES_MAX / BATCH + 1];
	double took, all = 0;
	int i, time, n;

	for(time = 0; time < TIMES; time++) {
		for(i = 0; i < asked; i += BATCH) {
			n = asked - i < BATCH ? asked - i : BATCH;
			took = measure_some(m, i, n);
			if(time == 0 || took < best[i / BATCH])
				best[i / BATCH] = took;
		}
	}
	for(i = 0; i < asked; i += BATCH)
		all += best[i / BATCH];
	return all;
}

static void measure(const e911_msag_t *m, const char *name)
{
	static e911_assessment_t a;
	int first = 0, five = 0, whole = 0, i, at;
	double took = measure_all(m);

	for(i = 0; i < asked; i++) {
		e911_msag_assess(m, queries[i].l, &a);
		at = place(&a, &queries[i], 0);
		first += at == 1;
		five += at > 0;
		whole += place(&a, &queries[i], 1) > 0;
	}
	printf("%s-us %.3f\n%s-first %.4f\n%s-five %.4f\n%s-whole %.4f\n", name,
			took * 1e6 / asked, name, (double)first / asked, name,
			(double)five / asked, name, (double)whole / asked);
}

int main(int argc, char **argv)
{
	e911_msag_fault_t fault;
	e911_msag_t *m;
	double start;

	must(argc == 3, "usage: msag GUIDE QUERIES");
	read_queries(argv[2]);
	start = now();
	must(e911_msag_new(&m) == 0, "memory");
	must(e911_msag_file_read(m, argv[1], &fault) == 0, argv[1]);
	must(e911_msag_finish(m) == 0, "memory");
	printf("load-s %.3f\nranges %lu\nbytes %.2f\n", now() - start,
			e911_msag_count(m),
			(double)e911_msag_bytes(m) / (double)e911_msag_count(m));
	state(COMMUNITY, STREET);
	measure(m, "exact");
	state(COMMUNITY, TYPED);
	measure(m, "community");
	state(OTHER, TYPED);
	measure(m, "nation");
	e911_msag_free(m);
	return 0;
}
