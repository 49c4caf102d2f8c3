/*
 * Each scenario is dressed once for each allocation that may fail: the message
 * goes out whole, dressed or not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: headers multipart geolocation strbuf err
 * with: sip_stub
 */
#include "../../modules/e911/body.c"
#include "ksr_stub.h"
#include "sip_stub.h"
#include "tight.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

typedef void (*editor_f)(sip_msg_t *msg);

typedef struct scene
{
	const char *in;
	const char *want; /* "#": length of the body; NULL: as without us */
	editor_f before;  /* in the request route */
	editor_f branch;  /* in the branch, before us */
	editor_f behind;  /* in the branch, after us */
} scene_t;

static e911_dressing_t dressing = {.parts = 1,
		.part = {{"application/pidf+xml", str_init("i@d"), str_init("<p/>")}},
		.geolocation = str_init("<cid:i@d>"),
		.routing = 1,
		.boundary = str_init("B")};

/* ----- texts of the scenes ----- */

#define LINE "INVITE sip:911@x SIP/2.0\r\nVia: v\r\n"
#define SDP "v=0\r\ns=-\r\n"
#define NEW "v=0\r\ns=new\r\n"
#define IS_SDP "Content-Type: application/sdp\r\n"
#define IS_MIXED "Content-Type: multipart/mixed;boundary=b\r\n"
#define IN(headers, body) LINE headers "Content-Length: #\r\n\r\n" body

#define GEO "Geolocation: <cid:i@d>\r\n"
#define YES "Geolocation-Routing: yes\r\n"
#define IS_OURS "Content-Type: multipart/mixed;boundary=B\r\n"
#define OUR_PART                             \
	"Content-Type: application/pidf+xml\r\n" \
	"Content-ID: <i@d>\r\n"                  \
	"Content-Disposition: by-reference;handling=optional\r\n\r\n<p/>\r\n"
/* head: what stands before the Content-Length; tail: behind it */
#define OUT(head, tail, body) LINE head "Content-Length: #\r\n" tail "\r\n" body
#define WRAPPED(headers, body) \
	"--B\r\n" headers "\r\n" body "\r\n--B\r\n" OUR_PART "--B--\r\n"
#define ONLY "--B\r\n" OUR_PART "--B--\r\n"

/* "#" filled in with the length of the body */
static str fill(const char *text)
{
	const char *body = strstr(text, "\r\n\r\n"), *mark = strchr(text, '#');
	str out = {malloc(strlen(text) + 16), 0};

	if(mark == NULL || body == NULL || mark > body)
		out.len = sprintf(out.s, "%s", text);
	else
		out.len = sprintf(out.s, "%.*s%zu%s", (int)(mark - text), text,
				strlen(body + 4), mark + 1);
	return out;
}

static void edit(sip_msg_t *msg, editor_f f)
{
	if(f)
		f(msg);
}

/* what the branch sends; dresses it where err is given */
static str send_branch(sip_msg_t *msg, const scene_t *s, long allowed, int *err)
{
	sip_branch_t branch;
	long blocks;
	str out;

	sip_branch_begin(msg, &branch);
	edit(msg, s->branch);
	if(err) {
		blocks = ksr_blocks();
		ksr_allow(allowed);
		*err = e911_body_dress(msg, &dressing);
		if(ksr_refused())
			assert_int_equal(ksr_blocks(), blocks);
	}
	if(err == NULL || !ksr_refused())
		ksr_allow(-1);
	allowed = ksr_refused();
	ksr_allow(-1);
	edit(msg, s->behind);
	out = sip_render(msg);
	sip_branch_end(msg, &branch);
	if(err && allowed)
		assert_int_equal(*err, E911_ERR_MEM);
	return out;
}

static void same(const str *a, const str *b)
{
	assert_string_equal(a->s, b->s);
	assert_int_equal(a->len, b->len);
	free(a->s);
}

static void check_scene(const scene_t *s)
{
	str in = fill(s->in), plain, want, out;
	long n, blocks = ksr_blocks();
	int err = E911_ERR_MEM;
	sip_msg_t msg;

	assert_int_equal(sip_read(&msg, in.s, in.len), 0);
	edit(&msg, s->before);
	plain = send_branch(&msg, s, -1, NULL);
	want = s->want ? fill(s->want) : tight(plain.s, plain.len + 1);
	want.len = (int)strlen(want.s);
	for(n = 0; err == E911_ERR_MEM; n++) {
		out = send_branch(&msg, s, n, &err);
		same(&out, err ? &plain : &want);
	}
	assert_int_equal(err, E911_OK);
	/* the next branch sees nothing of this one */
	out = send_branch(&msg, s, -1, NULL);
	same(&out, &plain);
	sip_free(&msg);
	assert_int_equal(ksr_blocks(), blocks);
	free(in.s);
	free(plain.s);
	free(want.s);
}

static void check_scenes(const scene_t *s, size_t n)
{
	for(; n; n--, s++)
		check_scene(s);
}

/* ----- what the phone sent ----- */

static void wraps_what_is_not_multipart(void **state)
{
	static const scene_t scenes[] = {
			{.in = IN(IS_SDP, SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, SDP))},
			{.in = IN(IS_SDP, "v=0"),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, "v=0"))},
			{.in = IN("c:application/sdp\r\n", SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, SDP))},
			{.in = IN("Content-Type: text/plain;a=\"b\r\n c\"\r\n", "x"),
					OUT("", GEO YES IS_OURS,
							WRAPPED("Content-Type: text/plain;a=\"b\r\n "
									"c\"\r\n",
									"x"))},
			/* no Content-Length, as UDP allows */
			{.in = LINE IS_SDP "\r\n" SDP,
					LINE GEO YES IS_OURS "\r\n" WRAPPED(IS_SDP, SDP)},
			/* LF alone ends the headers */
			{.in = "INVITE x y\nVia: v\n\nv=0\n",
					"INVITE x y\nVia: v\n" GEO YES IS_OURS
					"\n" WRAPPED(IS_SDP, "v=0\n")},
			/* nested: neither mixed nor related */
			{.in = IN("Content-Type: multipart/alternative;boundary=b\r\n",
					 "--b\r\n\r\nx\r\n--b--\r\n"),
					OUT("", GEO YES IS_OURS,
							WRAPPED("Content-Type: "
									"multipart/alternative;boundary=b\r\n",
									"--b\r\n\r\nx\r\n--b--\r\n"))},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
}

static void late_offer_gets_only_the_location(void **state)
{
	static const scene_t scenes[] = {
			{.in = IN("", ""), OUT("", GEO YES IS_OURS, ONLY)},
			{.in = LINE "\r\n", LINE GEO YES IS_OURS "\r\n" ONLY},
			{.in = IN(IS_SDP, ""), OUT("", GEO YES IS_OURS, ONLY)},
			{.in = IN(IS_MIXED, ""), OUT("", GEO YES IS_OURS, ONLY)},
			{.in = IN("Content-Disposition: session\r\n", ""),
					OUT("", GEO YES IS_OURS, ONLY)},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
}

static void content_types_that_lie(void **state)
{
	static const scene_t scenes[] = {
			{.in = IN("", SDP), OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, SDP))},
			{.in = IN("Content-Type: \r\n", SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, SDP))},
			{.in = IN(IS_MIXED, SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, SDP))},
			{.in = IN("Content-Type: multipart/mixed\r\n", SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, SDP))},
			{.in = IN(IS_MIXED, "--c\r\n\r\nx\r\n--c--\r\n"),
					OUT("", GEO YES IS_OURS,
							WRAPPED(IS_MIXED, "--c\r\n\r\nx\r\n--c--\r\n"))},
			{.in = IN(IS_MIXED, "--b--\r\n"),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_MIXED, "--b--\r\n"))},
			/* two of them: the first counts, none may stay outside */
			{.in = IN(IS_SDP "c: text/plain\r\n", SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, SDP))},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
}

static void content_lengths_that_lie(void **state)
{
	static const scene_t scenes[] = {
			{.in = LINE IS_SDP "Content-Length: 3\r\n\r\nv=0\r\njunk",
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, "v=0"))},
			{.in = LINE IS_SDP "Content-Length: 99\r\n\r\n" SDP,
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, SDP))},
			{.in = LINE "Content-Length: 0\r\n\r\njunk",
					OUT("", GEO YES IS_OURS, ONLY)},
			{.in = LINE IS_MIXED "l: 17\r\n\r\n--b\r\n\r\nx\r\n--b--\r\njunk",
					LINE IS_MIXED "l: #\r\n" GEO YES
								  "\r\n--b\r\n\r\nx\r\n--b\r\n" OUR_PART
								  "--b--\r\n"},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
}

#define MIXED(text, out)                                               \
	{                                                                  \
		.in = IN(IS_MIXED, text), .want = OUT(IS_MIXED, GEO YES, out), \
	}

static void joins_what_is_multipart(void **state)
{
	static const scene_t scenes[] = {
			MIXED("--b\r\n\r\nx\r\n--b--\r\n",
					"--b\r\n\r\nx\r\n--b\r\n" OUR_PART "--b--\r\n"),
			MIXED("pre\r\n--b\r\n\r\nx\r\n--b-- \r\nepilogue\r\n",
					"pre\r\n--b\r\n\r\nx\r\n--b\r\n" OUR_PART
					"--b-- \r\nepilogue\r\n"),
			MIXED("--b\n\nx\n--b--\n", "--b\n\nx\n--b\r\n" OUR_PART "--b--\n"),
			MIXED("\r\n--b--", "\r\n--b\r\n" OUR_PART "--b--"),
			MIXED("\n--b--", "\n--b\r\n" OUR_PART "--b--"),
			/* not closed */
			MIXED("--b\r\n\r\nx",
					"--b\r\n\r\nx\r\n--b\r\n" OUR_PART "--b--\r\n"),
			MIXED("--b\r\n\r\nx\r\n",
					"--b\r\n\r\nx\r\n\r\n--b\r\n" OUR_PART "--b--\r\n"),
			MIXED("--b", "--b\r\n--b\r\n" OUR_PART "--b--\r\n"),
			/* a part is open already */
			MIXED("--b\r\n", "--b\r\n" OUR_PART "--b--\r\n"),
			MIXED("--b\r\n\r\nx\r\n--b\r\n",
					"--b\r\n\r\nx\r\n--b\r\n" OUR_PART "--b--\r\n"),
			MIXED("--b\r\n\r\nx--b\r\n",
					"--b\r\n\r\nx--b\r\n\r\n--b\r\n" OUR_PART "--b--\r\n"),
			{.in = IN("Content-Type: Multipart/RELATED; Boundary = \"b c\" "
					  ";a=b\r\n",
					 "--b c\r\n\r\nx\r\n--b c--"),
					OUT("Content-Type: Multipart/RELATED; Boundary = \"b c\" "
						";a=b\r\n",
							GEO YES,
							"--b c\r\n\r\nx\r\n--b c\r\n" OUR_PART "--b c--")},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
}

static void headers_of_the_body_go_with_it(void **state)
{
#define ABOUT                                                               \
	"Content-Disposition: session;\r\n handling=required\r\ne: gzip\r\n"    \
	"Content-Language:en\r\nContent-ID: <a@b>\r\nContent-Transfer-Encoding" \
	": binary\r\n"
	static const scene_t scenes[] = {
			{.in = IN(ABOUT IS_SDP "X: y\r\n", SDP),
					OUT("X: y\r\n", GEO YES IS_OURS,
							WRAPPED(IS_SDP ABOUT, SDP))},
			/* those of a multipart stay its own */
			{.in = IN(ABOUT IS_MIXED, "--b\r\n\r\nx\r\n--b--"),
					OUT(ABOUT IS_MIXED, GEO YES,
							"--b\r\n\r\nx\r\n--b\r\n" OUR_PART "--b--")},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
}

static void a_header_too_long_for_the_part_stays(void **state)
{
	char about[400], in[600], want[1000];
	scene_t scene = {.in = in, .want = want};

	(void)state;
	sprintf(about, "Content-Language: %0300d\r\n", 1);
	sprintf(in, IN("%s" IS_SDP, SDP), about);
	sprintf(want, OUT("%s", GEO YES IS_OURS, WRAPPED(IS_SDP, SDP)), about);
	check_scene(&scene);
}

/* ----- Geolocation ----- */

#define OWN "Geolocation: <cid:own@x>, <https://lis/1>;p=1\r\n"
#define BAD "Geolocation: nonsense\r\n"
#define TWO_PARTS "--b\r\n" IS_SDP "\r\n" SDP "\r\n--b\r\n\r\nx\r\n--b--\r\n"

static void phones_location_is_kept(void **state)
{
	static const scene_t behind[] = {
			{.in = IN(OWN IS_SDP, SDP),
					OUT(OWN, GEO YES IS_OURS, WRAPPED(IS_SDP, SDP))},
			{.in = IN(
					 OWN BAD "Geolocation:\r\ngeolocation: <>\r\n" IS_SDP, SDP),
					OUT(OWN, GEO YES IS_OURS, WRAPPED(IS_SDP, SDP))},
			/* its word on routing counts */
			{.in = IN("Geolocation-Routing: no\r\n", SDP),
					OUT("Geolocation-Routing: no\r\n", GEO IS_OURS,
							WRAPPED(IS_SDP, SDP))},
	};
	static const scene_t before[] = {
			{.in = IN("A: b\r\n" OWN OWN IS_SDP, SDP),
					OUT("A: b\r\n" GEO OWN OWN, YES IS_OURS,
							WRAPPED(IS_SDP, SDP))},
			{.in = IN(BAD OWN, SDP),
					OUT(GEO OWN, YES IS_OURS, WRAPPED(IS_SDP, SDP))},
			{.in = IN(BAD, SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, SDP))},
	};

	(void)state;
	check_scenes(behind, COUNT(behind));
	dressing.first = 1;
	check_scenes(before, COUNT(before));
	dressing.first = 0;
}

/* the documents that it sent are of no use: nothing points at them, and they
 * stay where they are */
static void what_is_of_no_use_is_named_no_more(void **state)
{
	static const scene_t scenes[] = {
			{.in = IN("Geolocation: <cid:own@x>\r\n" IS_MIXED, TWO_PARTS),
					OUT(IS_MIXED, GEO YES,
							"--b\r\n" IS_SDP "\r\n" SDP
							"\r\n--b\r\n\r\nx\r\n--b\r\n" OUR_PART
							"--b--\r\n")},
			{.in = IN("A: b\r\nGeolocation: <CID:own@x>, <cid:2@x>;p=1\r\n"
					  "Geolocation: <cid:3@x>\r\n" IS_SDP,
					 SDP),
					OUT("A: b\r\n", GEO YES IS_OURS, WRAPPED(IS_SDP, SDP))},
			/* what is elsewhere may be good */
			{.in = IN("Geolocation: <https://lis/1>\r\n" IS_SDP, SDP),
					OUT("Geolocation: <https://lis/1>\r\n", GEO YES IS_OURS,
							WRAPPED(IS_SDP, SDP))},
			{.in = IN("Geolocation: <cid:own@x>\r\n"
					  "Geolocation: <sip:a@x>\r\n" IS_SDP,
					 SDP),
					OUT("Geolocation: <sip:a@x>\r\n", GEO YES IS_OURS,
							WRAPPED(IS_SDP, SDP))},
			/* its word on routing counts */
			{.in = IN("Geolocation: <cid:own@x>\r\n"
					  "Geolocation-Routing: no\r\n" IS_SDP,
					 SDP),
					OUT("Geolocation-Routing: no\r\n", GEO IS_OURS,
							WRAPPED(IS_SDP, SDP))},
	};

	(void)state;
	dressing.alone = 1;
	check_scenes(scenes, COUNT(scenes));
	dressing.first = 1;
	check_scenes(scenes, 2);
	dressing.first = dressing.alone = 0;
}

static void without_a_location_only_malformed_headers_go(void **state)
{
	static const scene_t scenes[] = {
			{.in = IN(IS_SDP, SDP), NULL},
			{.in = IN(OWN IS_MIXED, "--b--"), NULL},
			{.in = LINE IS_SDP "Content-Length: 3\r\n\r\nv=0junk", NULL},
			{.in = IN(BAD OWN IS_SDP, SDP), OUT(OWN IS_SDP, "", SDP)},
	};
	e911_dressing_t saved = dressing;

	(void)state;
	memset(&dressing, 0, sizeof(dressing));
	check_scenes(scenes, COUNT(scenes));
	dressing = saved;
}

static void many_headers_are_dressed_all_the_same(void **state)
{
	char in[4000] = LINE;
	sip_msg_t msg;
	str out;
	int i;

	(void)state;
	for(i = 0; i < 20; i++)
		strcat(in, BAD "Content-Language: en\r\n" IS_SDP);
	strcat(in, "\r\n" SDP);
	sip_read(&msg, in, strlen(in));
	assert_int_equal(e911_body_dress(&msg, &dressing), E911_OK);
	out = sip_render(&msg);
	assert_non_null(strstr(out.s, "\r\n--B\r\n" OUR_PART "--B--\r\n"));
	free(out.s);
	sip_free(&msg);
}

static char large[TEXT_ROOM + 1000]; /* a multipart body */

static void set_large_body(sip_msg_t *msg)
{
	sip_set_body(msg, large, "multipart/mixed;boundary=b");
}

/* more than there is room for: allocated, and whole or not at all */
static void joins_a_text_that_is_too_large_for_its_room(void **state)
{
	static char want[TEXT_ROOM + 2000];
	char *end = large + sprintf(large, "--b\r\nA: b\r\n\r\n");
	scene_t scene = {
			.in = IN(IS_SDP, SDP), .want = want, .before = set_large_body};

	(void)state;
	memset(end, 'x', TEXT_ROOM);
	strcpy(end + TEXT_ROOM, "\r\n--b--\r\n");
	sprintf(want,
			LINE "Content-Length: #\r\n" IS_MIXED GEO YES
				 "\r\n%.*s--b\r\n" OUR_PART "--b--\r\n",
			(int)(strlen(large) - strlen("--b--\r\n")), large);
	check_scene(&scene);
}

/* ----- other editors of the same message ----- */

static void set_body(sip_msg_t *msg)
{
	sip_set_body(msg, NEW, "application/sdp");
}

static void set_text_body(sip_msg_t *msg)
{
	sip_set_body(msg, "new", "text/plain");
}

static void set_mixed_body(sip_msg_t *msg)
{
	sip_set_body(
			msg, "--n\r\n\r\nnew\r\n--n--\r\n", "multipart/mixed;boundary=n");
}

static void set_body_multipart(sip_msg_t *msg)
{
	sip_set_body_multipart(msg, "--n\r\n" IS_SDP "\r\n" SDP "\r\n--n\r\n", "n");
}

#define SET_TYPE(type) "Content-Type: " type "\r\n"

static void after_set_body(void **state)
{
	static const scene_t scenes[] = {
			{.in = IN(IS_SDP, SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, NEW)),
					.before = set_body},
			{.in = IN(IS_SDP, SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, NEW)),
					.branch = set_body},
			{.in = IN(IS_SDP, SDP),
					OUT("", GEO YES IS_OURS,
							WRAPPED(SET_TYPE("text/plain"), "new")),
					.before = set_text_body},
			{.in = IN(IS_MIXED, "--b\r\n\r\nx\r\n--b--"),
					OUT("", GEO YES IS_OURS,
							WRAPPED(SET_TYPE("text/plain"), "new")),
					.branch = set_text_body},
			{.in = IN("", ""),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, NEW)),
					.before = set_body},
			/* set_body()'s own Content-Length is no longer true */
			{.in = LINE "\r\n",
					LINE GEO YES IS_OURS "\r\n" WRAPPED(IS_SDP, NEW),
					.before = set_body},
			{.in = IN(IS_SDP, SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, NEW)),
					.before = set_text_body,
					.branch = set_body},
			{.in = IN(IS_SDP, SDP),
					OUT("", SET_TYPE("multipart/mixed;boundary=n") GEO YES,
							"--n\r\n\r\nnew\r\n--n\r\n" OUR_PART "--n--\r\n"),
					.before = set_mixed_body},
			{.in = IN(IS_SDP, SDP),
					OUT("",
							SET_TYPE(
									"multipart/mixed;boundary=\"n\"") "Mime-"
																	  "Version:"
																	  " 1."
																	  "0\r"
																	  "\n" GEO
																			  YES,
							"--n\r\n" IS_SDP "\r\n" SDP "\r\n--n\r\n" OUR_PART
							"--n--\r\n"),
					.branch = set_body_multipart},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
}

static void rtpengine(sip_msg_t *msg)
{
	sip_replace(msg, SDP, NEW);
}

static void subst(sip_msg_t *msg)
{
	sip_replace(msg, "s=-", "s=new");
}

static void remove_line(sip_msg_t *msg)
{
	sip_replace(msg, "s=-\r\n", "");
}


static void with_rtpengine_and_subst(void **state)
{
#define TWO_NEW                                                        \
	"--b\r\n" IS_SDP "\r\n" NEW "\r\n--b\r\n\r\nx\r\n--b\r\n" OUR_PART \
	"--b--\r\n"
	static const scene_t scenes[] = {
			{.in = IN(IS_SDP, SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, NEW)),
					.before = rtpengine},
			{.in = IN(IS_SDP, SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, NEW)),
					.branch = rtpengine},
			{.in = IN(IS_SDP, SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, NEW)),
					.behind = rtpengine},
			{.in = IN(IS_SDP, SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, NEW)),
					.before = subst},
			{.in = IN(IS_SDP, SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, NEW)),
					.behind = subst},
			{.in = IN(IS_SDP, SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, "v=0\r\n")),
					.branch = remove_line},
			{.in = IN(IS_MIXED, TWO_PARTS),
					OUT(IS_MIXED, GEO YES, TWO_NEW),
					.before = rtpengine},
			{.in = IN(IS_MIXED, TWO_PARTS),
					OUT(IS_MIXED, GEO YES, TWO_NEW),
					.behind = rtpengine},
			{.in = LINE IS_SDP "Content-Length: 10\r\n\r\n" SDP "junk",
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, NEW)),
					.branch = rtpengine},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
}

/* the line end before the closing delimiter belongs to a line taken out */
static void a_line_end_taken_away_takes_nothing_of_ours(void **state)
{
#define ONE_PART "--b\r\n" IS_SDP "\r\nv=0\r\ns=-\r\n--b--\r\n"
#define ONE_LESS "--b\r\n" IS_SDP "\r\nv=0\r\n--b\r\n" OUR_PART "--b--\r\n"
	static const scene_t scenes[] = {
			{.in = IN(IS_MIXED, ONE_PART),
					OUT(IS_MIXED, GEO YES, ONE_LESS),
					.before = remove_line},
			{.in = IN(IS_MIXED, ONE_PART),
					OUT(IS_MIXED, GEO YES, ONE_LESS),
					.behind = remove_line},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
}

static void filter_body(sip_msg_t *msg)
{
	sip_replace(msg, "--b\r\n" IS_SDP "\r\n", "");
	sip_replace(msg, "\r\n--b\r\n\r\nx\r\n--b--\r\n", "");
	sip_remove_hf(msg, "Content-Type");
	sip_append_hf(msg, "content-type : application/sdp\r\n");
}

static void remove_part(sip_msg_t *msg)
{
	sip_replace(msg, "\r\nx\r\n--b--\r\n", "");
}

static void append_part(sip_msg_t *msg)
{
	sip_append_body(msg, "A: 1\r\n\r\nnew\r\n--b\r\n");
}

static void remove_body(sip_msg_t *msg)
{
	sip_remove_body(msg);
}

static void replace_by_text(sip_msg_t *msg)
{
	sip_remove_body(msg);
	sip_append_body(msg, "new");
	sip_remove_hf(msg, "Content-Type");
	sip_append_hf(msg, "Content-Type: text/plain\r\n");
}

static void with_parts_taken_out_and_put_in(void **state)
{
	static const scene_t scenes[] = {
			{.in = IN(IS_MIXED, TWO_PARTS),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, SDP)),
					.before = filter_body},
			/* core completes the delimiters of these two, by their boundary */
			{.in = IN(IS_MIXED, TWO_PARTS),
					OUT(IS_MIXED, GEO YES,
							"--b\r\n" IS_SDP "\r\n" SDP
							"\r\n--b\r\n\r\n--b\r\n" OUR_PART "--b--\r\n"),
					.branch = remove_part},
			{.in = IN(IS_MIXED, TWO_PARTS),
					OUT(IS_MIXED, GEO YES,
							"--b\r\n" IS_SDP "\r\n" SDP
							"\r\n--b\r\n\r\nx\r\n--b\r\n" OUR_PART
							"--b--\r\nA: 1\r\n\r\nnew\r\n--b\r\n"),
					.branch = append_part},
			{.in = IN(IS_SDP, SDP),
					OUT("", GEO YES IS_OURS, ONLY),
					.branch = remove_body},
			{.in = IN(IS_MIXED, TWO_PARTS),
					OUT("", GEO YES IS_OURS, ONLY),
					.before = remove_body},
			{.in = IN(IS_MIXED, TWO_PARTS),
					OUT("", GEO YES IS_OURS,
							WRAPPED(SET_TYPE("text/plain"), "new")),
					.before = replace_by_text},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
}

static void remove_headers(sip_msg_t *msg)
{
	sip_remove_hf(msg, "Geolocation");
	sip_remove_hf(msg, "Content-Disposition");
}

static void with_headers_taken_out(void **state)
{
	static const scene_t scenes[] = {
			{.in = IN(BAD OWN IS_SDP, SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, SDP)),
					.before = remove_headers},
			{.in = IN("Content-Disposition: session\r\n" IS_SDP, SDP),
					OUT("", GEO YES IS_OURS, WRAPPED(IS_SDP, SDP)),
					.before = remove_headers},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
	dressing.first = 1;
	check_scenes(scenes, COUNT(scenes));
	dressing.first = 0;
}

/* ----- more than the location ----- */

#define PART(type, id, text)                 \
	"Content-Type: application/" type "\r\n" \
	"Content-ID: <" id ">\r\n"               \
	"Content-Disposition: by-reference;handling=optional\r\n\r\n" text "\r\n"
#define FOUR_PARTS(b)                                                        \
	PART("pidf+xml", "i@d", "<p/>")                                          \
	"--" b                                                                   \
	"\r\n" PART("one+xml", "i.1@d", "<o></o>") "--" b "\r\n" PART("two+xml", \
			"i.2@d", "") "--" b "\r\n" PART("three+xml", "i.3@d", "3\r\n\r\n")
#define OURS "X-Ours: 1\r\nCall-Info: <cid:i.1@d>;purpose=one\r\n"

static const char *const out_names[] = {
		"P-Asserted-Identity", "Priority", NULL};

static e911_dressing_t saved;

/* as a profile that asks for all there is */
static void dress_fully(void)
{
	static const e911_attachment_t parts[E911_PARTS_MAX] = {
			{"application/pidf+xml", str_init("i@d"), str_init("<p/>")},
			{"application/one+xml", str_init("i.1@d"), str_init("<o></o>")},
			{"application/two+xml", str_init("i.2@d"), {"", 0}},
			{"application/three+xml", str_init("i.3@d"),
					str_init("3\r\n\r\n")}};

	saved = dressing;
	memcpy(dressing.part, parts, sizeof(parts));
	dressing.parts = E911_PARTS_MAX;
	dressing.lines = (str)str_init(OURS);
	dressing.out = out_names;
}

/* whoever writes as many as one likes gets none of them through */
static void headers_are_taken_out_however_many_there_are(void **state)
{
	char *in = malloc(60000);
	sip_msg_t msg;
	str out;
	int i;

	(void)state;
	strcpy(in, LINE);
	for(i = 0; i < 600; i++)
		strcat(in, i % 3 ? "P-Asserted-Identity: <sip:a@x>\r\nA: b\r\n" : BAD);
	strcat(in, IS_SDP "\r\n" SDP);
	dress_fully();
	sip_read(&msg, in, strlen(in));
	assert_int_equal(e911_body_dress(&msg, &dressing), E911_OK);
	out = sip_render(&msg);
	assert_null(strstr(out.s, "P-Asserted-Identity: <sip:a@x>"));
	assert_null(strstr(out.s, BAD));
	assert_non_null(strstr(out.s, "A: b\r\nA: b\r\n"));
	free(out.s);
	sip_free(&msg);
	free(in);
	dressing = saved;
}

/* as one that wants a reference: nothing for the body */
static void dress_without_parts(void)
{
	saved = dressing;
	dressing.parts = 0;
	dressing.geolocation = (str)str_init("<https://lis/1>");
}

static void parts_go_together_wherever_ours_goes(void **state)
{
	/* clang-format off */
	static const scene_t scenes[] = {
		/* wrapped */
		{.in = IN(IS_SDP, SDP),
			OUT("", GEO YES OURS IS_OURS,
				"--B\r\n" IS_SDP "\r\n" SDP
				"\r\n--B\r\n" FOUR_PARTS("B") "--B--\r\n")},
		{.in = LINE IS_SDP "Content-Length: 3\r\n\r\nv=0\r\njunk",
			OUT("", GEO YES OURS IS_OURS,
				"--B\r\n" IS_SDP
				"\r\nv=0\r\n--B\r\n" FOUR_PARTS("B") "--B--\r\n")},
		/* joined */
		{.in = IN(IS_MIXED, TWO_PARTS),
			OUT(IS_MIXED, GEO YES OURS,
				"--b\r\n" IS_SDP "\r\n" SDP
				"\r\n--b\r\n\r\nx\r\n--b\r\n" FOUR_PARTS("b") "--b--\r\n")},
		{.in = IN(IS_MIXED, "--b\r\n\r\nx"),
			OUT(IS_MIXED, GEO YES OURS,
				"--b\r\n\r\nx\r\n--b\r\n" FOUR_PARTS("b") "--b--\r\n")},
		/* behind a delimiter that is open */
		{.in = IN(IS_MIXED, "--b\r\n"),
			OUT(IS_MIXED, GEO YES OURS, "--b\r\n" FOUR_PARTS("b") "--b--\r\n")},
		{.in = IN(IS_SDP, SDP),
			OUT("", SET_TYPE("multipart/mixed;boundary=\"n\"")
				"Mime-Version: 1.0\r\n" GEO YES OURS,
				"--n\r\n" IS_SDP "\r\n" SDP
				"\r\n--n\r\n" FOUR_PARTS("n") "--n--\r\n"),
			.branch = set_body_multipart},
		{.in = IN(IS_SDP, SDP),
			OUT("", SET_TYPE("multipart/mixed;boundary=n") GEO YES OURS,
				"--n\r\n\r\nnew\r\n--n\r\n" FOUR_PARTS("n") "--n--\r\n"),
			.before = set_mixed_body},
		/* alone */
		{.in = IN("", ""),
			OUT("", GEO YES OURS IS_OURS,
				"--B\r\n" FOUR_PARTS("B") "--B--\r\n")},
		{.in = LINE "\r\n",
			LINE GEO YES OURS IS_OURS
				"\r\n--B\r\n" FOUR_PARTS("B") "--B--\r\n"},
	};
	/* clang-format on */

	(void)state;
	dress_fully();
	check_scenes(scenes, COUNT(scenes));
	dressing = saved;
}

static void append_asserted(sip_msg_t *msg)
{
	sip_append_hf(msg, "X: y\r\n");
	sip_remove_hf(msg, "Priority");
}

static void headers_are_taken_out_and_put_in(void **state)
{
#define ASSERTED "P-Asserted-Identity: <sip:a@x>\r\n"
	static const scene_t scenes[] = {
			{.in = IN(ASSERTED IS_SDP "Priority: normal\r\n", SDP),
					OUT(IS_SDP, GEO YES OURS, SDP)},
			{.in = IN("A: b\r\np-asserted-IDENTITY:\r\n\t<sip:a@x>\r\n" ASSERTED
					  "C: d\r\n" ASSERTED,
					 ""),
					OUT("A: b\r\nC: d\r\n", GEO YES OURS, "")},
			/* names like these stay */
			{.in = IN("P-Asserted-Identity2: a\r\nPriority-X: b\r\n"
					  "Resource-Priority: c\r\nP-Asserted: d\r\n",
					 ""),
					OUT("P-Asserted-Identity2: a\r\nPriority-X: b\r\n"
						"Resource-Priority: c\r\nP-Asserted: d\r\n",
							GEO YES OURS, "")},
			/* one that the script has taken out */
			{.in = IN("Priority: normal\r\n" ASSERTED, ""),
					OUT("", "X: y\r\n" GEO YES OURS, ""),
					.before = append_asserted},
			{.in = IN(BAD ASSERTED OWN, ""), OUT(OWN, GEO YES OURS, "")},
	};

	(void)state;
	dress_fully();
	dressing.parts = 0;
	check_scenes(scenes, COUNT(scenes));
	dressing = saved;
}

/* RFC 3261 16.6: a proxy that adds no body is a pure one */
static void a_reference_leaves_the_body_alone(void **state)
{
#define REF "Geolocation: <https://lis/1>\r\n"
#define ABOUT_IT "Content-Disposition: session\r\n"
	static const scene_t scenes[] = {
			{.in = IN(IS_SDP, SDP), OUT(IS_SDP, REF YES, SDP)},
			{.in = IN(ABOUT_IT IS_SDP, SDP),
					OUT(ABOUT_IT IS_SDP, REF YES, SDP)},
			{.in = IN(IS_MIXED, TWO_PARTS), OUT(IS_MIXED, REF YES, TWO_PARTS)},
			{.in = IN(IS_MIXED, "--b"), OUT(IS_MIXED, REF YES, "--b")},
			{.in = IN("", ""), OUT("", REF YES, "")},
			{.in = LINE IS_SDP "\r\n" SDP, LINE IS_SDP REF YES "\r\n" SDP},
			/* what lies behind the body, too */
			{.in = LINE "Content-Length: 3\r\n\r\nv=0junk",
					LINE "Content-Length: 3\r\n" REF YES "\r\nv=0junk"},
			{.in = LINE "Content-Length: 99\r\n\r\nv=0",
					LINE "Content-Length: 99\r\n" REF YES "\r\nv=0"},
			{.in = IN(OWN IS_SDP, SDP), OUT(OWN IS_SDP, REF YES, SDP)},
			{.in = IN(BAD IS_SDP, SDP), OUT(IS_SDP, REF YES, SDP)},
			/* and what others make of it */
			{.in = IN(IS_SDP, SDP),
					OUT(IS_SDP, REF YES, NEW),
					.before = rtpengine},
			{.in = IN(IS_SDP, SDP),
					OUT(IS_SDP, REF YES, NEW),
					.behind = rtpengine},
			{.in = IN("", ""),
					OUT("", SET_TYPE("application/sdp") REF YES, NEW),
					.branch = set_body},
	};
	static const scene_t first[] = {
			{.in = IN("A: b\r\n" OWN IS_SDP, SDP),
					OUT("A: b\r\n" REF OWN IS_SDP, YES, SDP)},
	};

	(void)state;
	dress_without_parts();
	check_scenes(scenes, COUNT(scenes));
	dressing.first = 1;
	check_scenes(first, COUNT(first));
	dressing = saved;
}

static void routing_is_said_only_where_it_is_to_be(void **state)
{
	static const scene_t silent[] = {
			{.in = IN(IS_SDP, SDP), OUT("", GEO IS_OURS, WRAPPED(IS_SDP, SDP))},
			{.in = IN("Geolocation-Routing: no\r\n" IS_SDP, SDP),
					OUT("Geolocation-Routing: no\r\n", GEO IS_OURS,
							WRAPPED(IS_SDP, SDP))},
			{.in = IN("Geolocation-Routing: yes\r\n" IS_SDP, SDP),
					OUT("Geolocation-Routing: yes\r\n", GEO IS_OURS,
							WRAPPED(IS_SDP, SDP))},
	};

	(void)state;
	dressing.routing = 0;
	check_scenes(silent, COUNT(silent));
	dressing.routing = 1;
}

/* lines alone, as for a carrier that looks the calling number up */
static void lines_may_go_without_a_location(void **state)
{
	static const scene_t scenes[] = {
			{.in = IN(ASSERTED IS_SDP, SDP), OUT(IS_SDP, OURS, SDP)},
			{.in = IN(OWN BAD, SDP), OUT(OWN, OURS, SDP)},
	};

	(void)state;
	dress_fully();
	dressing.parts = dressing.routing = 0;
	dressing.geolocation.len = 0;
	check_scenes(scenes, COUNT(scenes));
	dressing = saved;
}

/* ----- refusals ----- */

static void what_does_not_parse_is_left_alone(void **state)
{
	static const char *const texts[] = {"", "INVITE x y\r\n",
			LINE "no colon\r\n\r\nx", LINE "Content-Length: x\r\n\r\nx",
			LINE "A: b"};
	sip_msg_t msg;
	str out, body;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(texts); i++) {
		assert_int_equal(sip_read(&msg, texts[i], strlen(texts[i])), -1);
		assert_int_equal(e911_body_received(&msg, &body), E911_ERR_SYNTAX);
		assert_int_equal(e911_body_dress(&msg, &dressing), E911_ERR_SYNTAX);
		out = sip_render(&msg);
		assert_string_equal(out.s, texts[i]);
		free(out.s);
		sip_free(&msg);
	}
	assert_int_equal(ksr_blocks(), 0);
}

static void names_too_long_are_no_half_a_header(void **state)
{
	str in = fill(IN(IS_SDP, SDP)), name = tight_many("x", 5000), out;
	e911_dressing_t d = dressing;
	sip_msg_t msg;

	(void)state;
	d.geolocation = name;
	for(d.first = 0; d.first < 3; d.first++) {
		if(d.first == 2) {
			d.geolocation = dressing.geolocation;
			d.lines = name;
		}
		sip_read(&msg, in.s, in.len);
		assert_int_equal(e911_body_dress(&msg, &d), E911_ERR_MEM);
		out = sip_render(&msg);
		same(&out, &in);
		sip_free(&msg);
	}
	free(in.s);
	free(name.s);
	assert_int_equal(ksr_blocks(), 0);
}

static void body_is_what_content_length_says(void **state)
{
	static const struct
	{
		const char *text, *body;
	} rows[] = {
			{LINE "\r\n", ""},
			{LINE "\r\nx", "x"},
			{LINE "Content-Length: 2\r\n\r\nxyz", "xy"},
			{LINE "Content-Length: 0\r\n\r\nxyz", ""},
			{LINE "Content-Length: 4\r\n\r\nxyz", "xyz"},
	};
	sip_msg_t msg;
	size_t i;
	str body;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		sip_read(&msg, rows[i].text, strlen(rows[i].text));
		assert_int_equal(e911_body_received(&msg, &body), E911_OK);
		assert_true(is_z(&body, rows[i].body));
		sip_free(&msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(wraps_what_is_not_multipart),
			cmocka_unit_test(late_offer_gets_only_the_location),
			cmocka_unit_test(content_types_that_lie),
			cmocka_unit_test(content_lengths_that_lie),
			cmocka_unit_test(joins_what_is_multipart),
			cmocka_unit_test(headers_of_the_body_go_with_it),
			cmocka_unit_test(a_header_too_long_for_the_part_stays),
			cmocka_unit_test(phones_location_is_kept),
			cmocka_unit_test(what_is_of_no_use_is_named_no_more),
			cmocka_unit_test(without_a_location_only_malformed_headers_go),
			cmocka_unit_test(many_headers_are_dressed_all_the_same),
			cmocka_unit_test(joins_a_text_that_is_too_large_for_its_room),
			cmocka_unit_test(after_set_body),
			cmocka_unit_test(with_rtpengine_and_subst),
			cmocka_unit_test(a_line_end_taken_away_takes_nothing_of_ours),
			cmocka_unit_test(with_parts_taken_out_and_put_in),
			cmocka_unit_test(with_headers_taken_out),
			cmocka_unit_test(parts_go_together_wherever_ours_goes),
			cmocka_unit_test(headers_are_taken_out_and_put_in),
			cmocka_unit_test(headers_are_taken_out_however_many_there_are),
			cmocka_unit_test(a_reference_leaves_the_body_alone),
			cmocka_unit_test(routing_is_said_only_where_it_is_to_be),
			cmocka_unit_test(lines_may_go_without_a_location),
			cmocka_unit_test(what_does_not_parse_is_left_alone),
			cmocka_unit_test(names_too_long_are_no_half_a_header),
			cmocka_unit_test(body_is_what_content_length_says),
	};

	return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
