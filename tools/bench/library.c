// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the library costs, which asks no kernel: reading profile documents,
 * beside two JSON libraries that read the same bytes into trees and look at
 * nothing; and holding one source against targets that were read.
 *
 * usage: library RUNS TARGETS..., prints JSON: for each number of targets the
 * nanoseconds for one of them in each run, and the bytes that it takes.
 *
 * Every second target fits the source, all others have one finding; or, in what
 * is called apart, there are no two of which the same is found. The document is
 * made while it is read, for it may be larger than the memory.
 */
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <dlfcn.h>
#include <json-c/json.h>

#include "vfiomig.h"

#define ATTRS		16
/* The first attribute, where no other target says the same. */
#define OWN "{'name': 'site.attr00', 'type': 'u64', 'value': %u}"
#define KEPT_MAX	100000	/* targets that are kept to be judged */
#define PEERS_MAX	10000	/* that others are to keep as trees */
#define RUNS_MAX	100

static struct vfiomig *ctx;
static char attrs[2][8192], rest[8192];

static void die(const char *what)
{
	const struct vfiomig_error *error = ctx ? vfiomig_last_error(ctx) :
					    NULL;

	fprintf(stderr, "library: %s: %s\n", what,
		error && error->message ? error->message : strerror(errno));
	exit(1);
}

static unsigned long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Documents */

/* Quotation marks are single ones in here. */
static void quote(char *text)
{
	for (; *text; text++)
		if (*text == '\'')
			*text = '"';
}

/* From the attribute of that number on. */
static void write_attrs(char *to, size_t size, int from, const char *first)
{
	static const char *const values[] = {
		"'type': 'u64', 'rule': 'at-least', 'value': 1000",
		"'type': 'string', 'value': 'nvidia-222-1q'",
		"'type': 'version', 'rule': 'semver', 'value': '1.4.2'",
		"'type': 'bits', 'rule': 'superset', 'value': [0, 9, 18, 33]",
	};
	FILE *out = fmemopen(to, size, "w");
	int i;

	for (i = from; i < ATTRS; i++)
		fprintf(out, "%s{'name': 'site.attr%02d', %s}", i ? ", " : "",
			i, i ? values[i % 4] : first);
	fclose(out);
	quote(to);
}

/**
 * struct source - a document that is being made
 * @targets: how many it is to have
 * @made: how many it has so far
 * @apart: no two of them are alike
 * @begun: what stands in front of them was written
 * @ended: so was what stands behind them
 * @text: what is to be read next
 * @at: how much of it was
 * @len: bytes at @text
 */
struct source {
	unsigned int targets;
	unsigned int made;
	bool apart;
	bool begun;
	bool ended;
	char text[16384];
	size_t at;
	size_t len;
};

static void make_next(struct source *s)
{
	unsigned int n = s->made;
	char *text = s->text;

	*text = '\0';
	if (!s->begun) {
		s->begun = true;
		strcpy(text, "{'schema': 'vfio_mig/profile/1', 'devices': [");
		quote(text);
	} else if (n < s->targets) {
		s->made++;
		text += sprintf(text, "%s{'handle': 'pci/%x', 'attrs': [",
				n ? "," : "", n);
		if (s->apart)
			text += sprintf(text, OWN, n);
		quote(s->text);
		strcpy(stpcpy(text, s->apart ? rest : attrs[n % 2]), "]}\n");
	} else if (!s->ended) {
		s->ended = true;
		strcpy(text, "]}\n");
	}
	s->at = 0;
	s->len = strlen(s->text);
}

static ssize_t read_source(void *cookie, char *to, size_t size)
{
	struct source *s = cookie;
	size_t n;

	if (s->at == s->len)
		make_next(s);
	n = s->len - s->at < size ? s->len - s->at : size;
	memcpy(to, s->text + s->at, n);
	s->at += n;
	return n;
}

static FILE *open_source(struct source *s, unsigned int targets)
{
	static const cookie_io_functions_t functions = { .read = read_source };
	FILE *file;

	memset(s, 0, sizeof(*s));
	s->targets = targets;
	file = fopencookie(s, "r", functions);
	if (!file)
		die("fopencookie");
	return file;
}

/* All of it at once, as other libraries want it. */
static char *whole_document(unsigned int targets, size_t *size)
{
	struct source s;
	FILE *from = open_source(&s, targets), *to;
	char *text, bytes[65536];
	size_t n;

	to = open_memstream(&text, size);
	while ((n = fread(bytes, 1, sizeof(bytes), from)))
		fwrite(bytes, 1, n, to);
	fclose(from);
	if (fclose(to))
		die("memory");
	return text;
}

/* What is measured */

static struct vfiomig_object *kept[KEPT_MAX];
static unsigned int n_kept;

static int keep(struct vfiomig_object *object, void *arg)
{
	(void)arg;
	if (n_kept < KEPT_MAX)
		kept[n_kept++] = vfiomig_object_ref(object);
	return 0;
}

static int pass(struct vfiomig_object *object, void *arg)
{
	(void)object;
	(void)arg;
	return 0;
}

static void read_with(FILE *in,
		      int (*take)(struct vfiomig_object *object, void *arg))
{
	if (vfiomig_profile_read(ctx, in, "targets", take, NULL))
		die("read");
}

/* To the end, and nothing is kept; less what it takes to make the document. */
static double measure_read(unsigned int targets)
{
	unsigned long long from, making;
	char bytes[65536];
	struct source s;
	FILE *in;

	in = open_source(&s, targets);
	from = now();
	while (fread(bytes, 1, sizeof(bytes), in))
		;
	making = now() - from;
	fclose(in);

	in = open_source(&s, targets);
	from = now();
	read_with(in, pass);
	from = now() - from - making;
	fclose(in);
	return (double)from / targets;
}

/* Not linked: it has functions of the same names as the other one. */
static void *(*jansson_load)(const char *text, size_t len, size_t flags,
			     void *error);
static void (*jansson_free)(void *json);

static void find_jansson(void)
{
	void *lib = dlopen("libjansson.so.4",
			   RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);

	if (!lib)
		return;
	*(void **)&jansson_load = dlsym(lib, "json_loadb");
	*(void **)&jansson_free = dlsym(lib, "json_delete");
}

static double measure_jansson(const char *text, size_t len, unsigned int n)
{
	unsigned long long from = now();
	void *json = jansson_load(text, len, 0, NULL);

	if (!json)
		die("jansson");
	jansson_free(json);
	return (double)(now() - from) / n;
}

static double measure_json_c(const char *text, size_t len, unsigned int n)
{
	unsigned long long from = now();
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *json;

	json = json_tokener_parse_ex(tokener, text, len);
	if (!json)
		die("json-c");
	json_object_put(json);
	json_tokener_free(tokener);
	return (double)(now() - from) / n;
}

static double measure_check(struct vfiomig_check *check)
{
	unsigned long long from = now();
	struct vfiomig_result *result;
	unsigned int i;

	for (i = 0; i < n_kept; i++) {
		if (vfiomig_check_target(check, kept[i], &result))
			die("check");
		vfiomig_result_free(result);
	}
	return (double)(now() - from) / n_kept;
}

static void report(const char *what, unsigned int targets, const double *ns,
		   unsigned int n)
{
	static bool more;
	unsigned int i;

	printf("%s\n{\"what\":\"%s\",\"targets\":%u,\"ns\":[",
	       more ? "," : "", what, targets);
	for (i = 0; i < n; i++)
		printf("%s%.1f", i ? "," : "", ns[i]);
	printf("]}");
	fflush(stdout);
	more = true;
}

static void measure_peers(unsigned int runs, unsigned int targets)
{
	double jansson[RUNS_MAX], json_c[RUNS_MAX];
	unsigned int run;
	size_t len;
	char *text = whole_document(targets, &len);

	for (run = 0; run < runs; run++) {
		if (jansson_load)
			jansson[run] = measure_jansson(text, len, targets);
		json_c[run] = measure_json_c(text, len, targets);
	}
	if (jansson_load)
		report("jansson", targets, jansson, runs);
	report("json-c", targets, json_c, runs);
	free(text);
}

static double allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return (double)info.uordblks + info.hblkhd;
}

static struct vfiomig_fleet *fleet;

static int join(struct vfiomig_object *object, void *arg)
{
	(void)arg;
	if (!n_kept)
		kept[n_kept++] = vfiomig_object_ref(object);
	return vfiomig_fleet_add(fleet, object);
}

static void measure_fleet(unsigned int runs, unsigned int targets, bool apart)
{
	unsigned char *verdicts = malloc(targets);
	double judge[RUNS_MAX], read, bytes;
	struct vfiomig_check *check;
	unsigned long long from;
	unsigned int run;
	struct source s;
	FILE *in;

	in = open_source(&s, targets);
	s.apart = apart;
	bytes = allocated();
	if (!verdicts || vfiomig_fleet_new(ctx, &fleet))
		die("fleet");
	from = now();
	read_with(in, join);
	read = (double)(now() - from) / targets;
	fclose(in);
	bytes = (allocated() - bytes) / targets;

	if (vfiomig_check_new(ctx, kept[0], &check))
		die("check");
	for (run = 0; run < runs; run++) {
		from = now();
		if (vfiomig_fleet_judge(fleet, check, verdicts))
			die("judge");
		judge[run] = (double)(now() - from) / targets;
	}
	report(apart ? "fleet-apart-read" : "fleet-read", targets, &read, 1);
	report(apart ? "fleet-apart-judge" : "fleet-judge", targets, judge,
	       runs);
	report(apart ? "fleet-apart-bytes" : "fleet-bytes", targets, &bytes, 1);
	vfiomig_check_free(check);
	vfiomig_fleet_free(fleet);
	vfiomig_object_unref(kept[--n_kept]);
	free(verdicts);
}

static void measure(unsigned int runs, unsigned int targets)
{
	double read[RUNS_MAX], judge[RUNS_MAX], bytes[RUNS_MAX];
	struct vfiomig_check *check;
	unsigned int run;
	struct source s;
	double before;
	FILE *in;

	for (run = 0; run < runs; run++)
		read[run] = measure_read(targets);
	report("read", targets, read, runs);
	measure_fleet(runs, targets, false);
	measure_fleet(runs, targets, true);

	if (targets > KEPT_MAX)
		return;
	before = allocated();
	in = open_source(&s, targets);
	read_with(in, keep);
	fclose(in);
	bytes[0] = (allocated() - before) / n_kept;
	if (vfiomig_check_new(ctx, kept[0], &check))
		die("check");
	for (run = 0; run < runs; run++)
		judge[run] = measure_check(check);
	report("check", targets, judge, runs);
	report("bytes", targets, bytes, 1);
	vfiomig_check_free(check);
	while (n_kept)
		vfiomig_object_unref(kept[--n_kept]);
	if (targets <= PEERS_MAX)
		measure_peers(runs, targets);
}

int main(int argc, char **argv)
{
	unsigned int runs = argc > 2 ? atoi(argv[1]) : 0;
	int i;

	if (runs < 1 || runs > RUNS_MAX) {
		fprintf(stderr, "usage: library RUNS TARGETS...\n");
		return 2;
	}
	find_jansson();
	ctx = vfiomig_new();
	if (!ctx)
		die("vfiomig");
	write_attrs(attrs[0], sizeof(attrs[0]), 0,
		    "'type': 'u64', 'value': 1000");
	write_attrs(attrs[1], sizeof(attrs[1]), 0,
		    "'type': 'u64', 'value': 999");
	write_attrs(rest, sizeof(rest), 1, NULL);
	printf("[");
	for (i = 2; i < argc; i++)
		measure(runs, atoi(argv[i]));
	printf("\n]\n");
	vfiomig_free(ctx);
	return 0;
}
