// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig monitor: an event as text. */
#include <inttypes.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "monitor.h"
#include "table.h"

static enum color event_color(enum vfiomig_event_kind kind)
{
	switch (kind) {
	case VFIOMIG_EVENT_ADD:
	case VFIOMIG_EVENT_FAMILY_BACK:
		return COLOR_GOOD;
	case VFIOMIG_EVENT_DEL:
	case VFIOMIG_EVENT_FAMILY_GONE:
		return COLOR_BAD;
	case VFIOMIG_EVENT_CHANGE:
	case VFIOMIG_EVENT_OVERRUN:
		return COLOR_WARN;
	default:
		return COLOR_NONE;
	}
}

/* Writes what the kernel has told. */
static void put_text(FILE *out, const char *text)
{
	char *clean = printable(text);

	fputs(clean, out);
	free(clean);
}

static void put_value(FILE *out, const struct vfiomig_attr *attr, bool verbose)
{
	char *text;

	if (!attr) {
		fputs("(none)", out);
		return;
	}
	text = value_text(attr, verbose);
	put_text(out, text);
	free(text);
}

static void put_changes(FILE *out, const struct cli *cli,
			const struct vfiomig_event *event)
{
	const struct vfiomig_attr *before, *now;
	size_t cursor[2] = { 0, 0 };
	uint32_t old = 0, new = 0;
	const char *comma = ": ";

	while (vfiomig_change_next(event, cursor, &before, &now)) {
		fputs(comma, out);
		comma = ", ";
		put_text(out, now ? now->name : before->name);
		fputc(' ', out);
		put_value(out, before, cli->verbose);
		fputs(" -> ", out);
		put_value(out, now, cli->verbose);
	}
	vfiomig_object_available(event->old, &old);
	vfiomig_object_available(event->object, &new);
	if (old != new)
		fprintf(out, "%savailable %" PRIu32 " -> %" PRIu32, comma, old,
			new);
}

static void put_object(FILE *out, const struct vfiomig_object *object)
{
	const char *type = "device";

	if (vfiomig_object_kind(object) == VFIOMIG_TYPE)
		type = "type";
	fprintf(out, " %s ", type);
	put_text(out, vfiomig_object_handle(object));
}

/* Only where it is not that of the monitor. */
static void put_netns(FILE *out, const struct cli *cli,
		      const struct vfiomig_event *event)
{
	if (event->netns) {
		fputs(" netns ", out);
		put_text(out, event->netns);
	}
	if (event->nsid >= 0 && (!event->netns || cli->verbose))
		fprintf(out, " nsid %" PRId32, event->nsid);
}

static void put_line(FILE *out, const struct cli *cli,
		     const struct vfiomig_event *event)
{
	enum color color = cli->color ? event_color(event->kind) : COLOR_NONE;
	char time[VFIOMIG_TIME_LEN];

	if (cli->timestamp)
		fprintf(out, "%s ",
			vfiomig_time_text(&event->time, true, time));
	if (cli->verbose)
		fprintf(out, "%" PRIu64 " ", event->seq);
	fprintf(out, "%s%s%s", color_on(color), vfiomig_event_name(event->kind),
		color_off(color));
	if (event->object)
		put_object(out, event->object);
	put_netns(out, cli, event);
	if (event->partial)
		fputs(" (events only)", out);
	if (event->snapshot)
		fputs(" (snapshot)", out);
	if (event->resync)
		fputs(" (resync)", out);
	if (event->old)
		put_changes(out, cli, event);
}

static void put_json(FILE *out, const struct cli *cli,
		     const struct vfiomig_event *event)
{
	struct json_object *json = vfiomig_event_json(event);
	char *text = json ? vfiomig_json_text(json, cli_json_flags(cli)) : NULL;

	if (!text)
		no_memory();
	fputs(text, out);
	free(text);
	json_object_put(json);
}

/* To be given back with free(). */
char *event_text(const struct cli *cli, const struct vfiomig_event *event)
{
	size_t size;
	char *text;
	FILE *out = open_text(&text, &size);

	if (cli->json)
		put_json(out, cli, event);
	else
		put_line(out, cli, event);
	fputc('\n', out);
	close_text(out);
	return text;
}
