// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../../../kernel/match.h"

#include "play.h"

#define TEXT_MAX	79
#define REPLY_MAX	(1 << 20)
#define WANTS_MAX	256
#define READS_MAX	100000

/**
 * struct want - what must come back for a request
 * @seq: its number
 * @op: the command, NULL if there is none
 * @len: how long the request is
 * @ack: it asks for an acknowledgment
 * @silent: it may be refused without a word
 * @loose: it may be answered as anybody likes
 * @status: it is our own, and must succeed
 * @replies: messages that came back
 * @acks: acknowledgments and refusals that came back
 * @dones: ends of a dump that came back
 * @err: with which error
 * @seq_told: number of the last event, if it is @status
 */
struct want {
	__u32 seq;
	const struct op *op;
	size_t len;
	bool ack;
	bool silent;
	bool loose;
	bool status;
	unsigned int replies;
	unsigned int acks;
	unsigned int dones;
	int err;
	__u64 seq_told;
};

/**
 * struct wants - what must come back for all that was sent
 * @n: how many requests
 * @at: what for each
 */
struct wants {
	unsigned int n;
	struct want at[WANTS_MAX];
};

static __attribute__((format(printf, 2, 3)))
void wrong(struct player *p, const char *fmt, ...)
{
	va_list args;

	if (p->wrong[0])
		return;
	va_start(args, fmt);
	vsnprintf(p->wrong, sizeof(p->wrong), fmt, args);
	va_end(args);
}

/* ---------------------------------------------------------------- sockets */

/**
 * player_open - get ready to ask, and listen
 * @player: who
 *
 * Return: 0 or a negative error.
 */
int player_open(struct player *player)
{
	int err;

	err = nl_open(&player->nl) ?: nl_open(&player->mon) ?:
	      nl_join(&player->mon);
	player->world.family = player->nl.family;
	return err;
}

/**
 * player_close - undo player_open()
 * @player: who
 */
void player_close(struct player *player)
{
	nl_close(&player->nl);
	nl_close(&player->mon);
}

static int by_handle(const void *a, const void *b)
{
	const struct obj *x = a, *y = b;

	return strcmp(x->bus, y->bus) ?: strcmp(x->parent, y->parent) ?:
	       strcmp(x->name, y->name);
}

static void take_name(struct handles *h, const char *name)
{
	unsigned int i;

	for (i = 0; i < h->n_names; i++)
		if (!strcmp(h->names[i], name))
			return;
	if (i < ARRAY_SIZE(h->names))
		strcpy(h->names[h->n_names++], name);
}

static void take_names(struct handles *h, const struct obj *o)
{
	const struct nlattr *nla = NULL, *name;

	while ((nla = attr_next(nla, o->wire, o->len))) {
		if (attr_type(nla) != VFIO_MIG_A_OBJECT_ATTR)
			continue;
		name = attr_member(nla, VFIO_MIG_A_ATTR_NAME);
		if (name && attr_len(name) <= sizeof(h->names[0]))
			take_name(h, attr_data(name));
	}
}

static void take_objs(struct player *p, struct objs *objs)
{
	struct handles *h = &p->handles;
	unsigned int i;

	qsort(objs->o, objs->n, sizeof(objs->o[0]), by_handle);
	for (i = 0; i < objs->n && h->n < ARRAY_SIZE(h->at); i++, h->n++) {
		const struct obj *o = &objs->o[i];

		strcpy(h->at[h->n].bus, o->bus);
		strcpy(h->at[h->n].parent, o->parent);
		strcpy(h->at[h->n].name, o->name);
		p->world.ids[h->n] = o->id;
		take_names(h, o);
	}
	p->world.n_ids = h->n;
}

/**
 * player_look - find out what there is to ask for
 * @player: who asks
 *
 * Return: 0 or a negative error.
 */
int player_look(struct player *player)
{
	static struct objs objs;
	struct status status;
	int err;

	player->handles.n = 0;
	player->handles.n_names = 0;
	err = nl_dump_all(&player->nl, VFIO_MIG_CMD_DEV_GET, &objs);
	if (err)
		return err;
	take_objs(player, &objs);
	err = nl_dump_all(&player->nl, VFIO_MIG_CMD_TYPE_GET, &objs);
	if (err)
		return err;
	take_objs(player, &objs);
	err = nl_status(&player->nl, &status);
	player->seq = status.seq;
	player->changed = false;
	return err;
}

/* ------------------------------------------------------ what must come back */

static const struct op *find_op(__u8 cmd, bool dump)
{
	unsigned int i;

	for (i = 0; i < n_ops; i++)
		if (ops[i].cmd == cmd && ops[i].dump == dump)
			return &ops[i];
	return NULL;
}

static struct want *find_want(struct wants *wants, __u32 seq)
{
	unsigned int i;

	for (i = 0; i < wants->n; i++)
		if (wants->at[i].seq == seq)
			return &wants->at[i];
	return NULL;
}

static void add_want(struct player *p, struct wants *wants,
		     const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	struct want *want = find_want(wants, nlh->nlmsg_seq);

	if (want || wants->n == WANTS_MAX) {
		if (want)
			want->loose = true;
		return;
	}
	want = &wants->at[wants->n++];
	memset(want, 0, sizeof(*want));
	want->seq = nlh->nlmsg_seq;
	want->len = nlh->nlmsg_len;
	want->ack = nlh->nlmsg_flags & NLM_F_ACK;
	if (!(nlh->nlmsg_flags & NLM_F_REQUEST) ||
	    nlh->nlmsg_type < NLMSG_MIN_TYPE)
		return; /* acknowledged, and that is all */
	want->silent = true;
	if (nlh->nlmsg_type != p->world.family)
		want->loose = true;
	else if (nlh->nlmsg_len >= NLMSG_LENGTH(GENL_HDRLEN))
		want->op = find_op(genl->cmd, (nlh->nlmsg_flags & NLM_F_DUMP) ==
				   NLM_F_DUMP);
	if (want->op)
		want->silent = false;
}

/* As the core takes it apart. */
static void add_wants(struct player *p, struct wants *wants, const void *from,
		      size_t len)
{
	const struct nlmsghdr *nlh = from;

	while (len >= NLMSG_HDRLEN && nlh->nlmsg_len >= NLMSG_HDRLEN &&
	       nlh->nlmsg_len <= len) {
		size_t step = NLMSG_ALIGN(nlh->nlmsg_len);

		add_want(p, wants, nlh);
		if (step > len)
			break;
		len -= step;
		nlh = (const void *)((const char *)nlh + step);
	}
}

/* ---------------------------------------------------------- what comes back */

/* What a device says of itself the engine takes for a profile. */
static void check_profile(struct player *p, const void *from, size_t len)
{
	static __u8 wire[VFIO_MIG_PROFILE_MAX];
	static struct vfio_mig_index index;
	const struct nlattr *nla = NULL;
	struct vfio_mig_fault fault;
	size_t n = 0;

	while ((nla = attr_next(nla, from, len))) {
		if (attr_type(nla) != VFIO_MIG_A_OBJECT_ATTR)
			continue;
		if (n + NLA_ALIGN(nla->nla_len) > sizeof(wire)) {
			wrong(p, "profile: it is too long");
			return;
		}
		memset(wire + n, 0, NLA_ALIGN(nla->nla_len));
		memcpy(wire + n, nla, nla->nla_len);
		n += NLA_ALIGN(nla->nla_len);
	}
	if (vfio_mig_index_read(&index, wire, n, false, &fault))
		wrong(p, "profile: %s", fault.reason);
}

static void check_reply(struct player *p, const struct op *op,
			const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	const char *from = (const char *)genl + GENL_HDRLEN;
	char what[WRONG_MAX] = "";
	size_t len;

	if (nlh->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN) ||
	    genl->version != VFIO_MIG_FAMILY_VERSION) {
		wrong(p, "reply: its header is wrong");
		return;
	}
	len = NLMSG_PAYLOAD(nlh, GENL_HDRLEN);
	if (!reply_right(&op->reply, from, len, what, sizeof(what)))
		wrong(p, "%s", what);
	if (op->cmd == VFIO_MIG_CMD_DEV_GET || op->cmd == VFIO_MIG_CMD_TYPE_GET)
		check_profile(p, from, len);
	p->tally->objects++;
}

/* What is said of an error, from the attributes behind it. */
static void check_words(struct player *p, const struct want *want, int err,
			const void *from, size_t len)
{
	const struct nlattr *nla = NULL;
	bool said = false;
	__u32 offs;

	while ((nla = attr_next(nla, from, len))) {
		if (attr_type(nla) == NLMSGERR_ATTR_MSG) {
			said = attr_len(nla) > 1;
			if (attr_len(nla) > TEXT_MAX + 1)
				wrong(p, "refusal: too many words: %.100s",
				      (const char *)attr_data(nla));
		} else if (attr_type(nla) == NLMSGERR_ATTR_OFFS) {
			memcpy(&offs, attr_data(nla), sizeof(offs));
			if (offs < NLMSG_LENGTH(GENL_HDRLEN) ||
			    offs >= want->len || offs % NLA_ALIGNTO)
				wrong(p, "refusal: of byte %u of %zu", offs,
				      want->len);
		}
	}
	if (said || want->silent || want->loose || err == -ENOMEM ||
	    err == -ENOBUFS || (err == -EPERM && want->op->admin) ||
	    (err == -EBUSY && want->op->dump))
		return;
	wrong(p, "refusal: no word of why, error %d of %s", -err,
	      want->op ? want->op->name : "nothing");
}

static void take_error(struct player *p, struct want *want,
		       const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = NLMSG_DATA(nlh);
	size_t at = sizeof(*err);

	want->acks++;
	want->err = err->error;
	if (err->error > 0 || err->error < -4095)
		wrong(p, "refusal: error %d", err->error);
	if (!err->error)
		return;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		at = NLMSG_PAYLOAD(nlh, 0);
	check_words(p, want, err->error, (const char *)err + at,
		    NLMSG_PAYLOAD(nlh, 0) - at);
}

static void take_done(struct player *p, struct want *want,
		      const struct nlmsghdr *nlh)
{
	int err = 0;

	want->dones++;
	memcpy(&err, NLMSG_DATA(nlh), sizeof(err));
	want->err = err;
	if (err > 0)
		wrong(p, "refusal: error %d", err);
	if (err >= 0)
		return;
	check_words(p, want, err, (const char *)NLMSG_DATA(nlh) + sizeof(err),
		    nlh->nlmsg_flags & NLM_F_ACK_TLVS ?
		    NLMSG_PAYLOAD(nlh, 0) - sizeof(err) : 0);
}

static void take_status(struct want *want, const struct nlmsghdr *nlh)
{
	const char *from = (const char *)NLMSG_DATA(nlh) + GENL_HDRLEN;
	const struct nlattr *nla = NULL;
	__u64 seq = 0;

	while ((nla = attr_next(nla, from, NLMSG_PAYLOAD(nlh, GENL_HDRLEN))))
		if (attr_type(nla) == VFIO_MIG_A_STATUS_SEQ)
			memcpy(&seq, attr_data(nla), sizeof(seq));
	if (want->status)
		want->seq_told = seq;
}

static void take(struct player *p, struct wants *wants,
		 const struct nlmsghdr *nlh)
{
	struct want *want = find_want(wants, nlh->nlmsg_seq);

	if (!want) {
		wrong(p, "answer: to nothing that was asked");
		return;
	}
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		take_error(p, want, nlh);
	} else if (nlh->nlmsg_type == NLMSG_DONE) {
		take_done(p, want, nlh);
	} else {
		want->replies++;
		if (want->op)
			check_reply(p, want->op, nlh);
		if (want->op && want->op->cmd == VFIO_MIG_CMD_STATUS_GET)
			take_status(want, nlh);
	}
}

/* The next messages, or none. */
static ssize_t read_some(struct player *p, struct nl *nl, unsigned int room,
			 const void **from)
{
	static __u32 buf[REPLY_MAX / 4];
	ssize_t len = nl_recv(nl, NULL, 0, MSG_PEEK | MSG_DONTWAIT);

	if (len < 0)
		return len;
	if (len > (ssize_t)sizeof(buf)) {
		wrong(p, "answer: a message of %zd bytes", len);
		return -EMSGSIZE;
	}
	*from = buf;
	if (room < (size_t)len)
		room = len;
	return nl_recv(nl, buf, room < sizeof(buf) ? room : sizeof(buf),
		       MSG_DONTWAIT);
}

static void read_all(struct player *p, struct wants *wants, unsigned int room)
{
	const void *from;
	unsigned int n;
	ssize_t len;

	for (n = 0; n < READS_MAX; n++) {
		const struct nlmsghdr *nlh;

		len = read_some(p, &p->nl, room, &from);
		if (len == -EAGAIN)
			return;
		if (len < 0) {
			wrong(p, "answer: %s", strerror(-len));
			return;
		}
		for (nlh = from; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len))
			take(p, wants, nlh);
	}
	wrong(p, "dump: it does not end");
}

/* ---------------------------------------------------------------- verdicts */

static void judge(struct player *p, const struct want *want)
{
	const char *name = want->op ? want->op->name : "nothing";

	if (want->acks && want->err)
		p->tally->refused++;
	else
		p->tally->granted++;
	if (!want->err && want->op && want->op->admin)
		p->changed = true;
	if (want->loose)
		return;
	if (want->status && p->alone && !p->changed &&
	    want->seq_told != p->seq)
		wrong(p, "event: nothing was granted, and %lld happened",
		      (long long)(want->seq_told - p->seq));
	if (want->status)
		p->seq = want->seq_told;
	if (want->status && (want->err || want->replies != 1))
		wrong(p, "status: a right request fails with %d, %u replies",
		      want->err, want->replies);
	if (!want->op) {
		if (want->replies || want->dones || want->acks > 1 ||
		    want->acks < (want->ack || want->silent))
			wrong(p, "answer: %u replies, %u words to nothing",
			      want->replies, want->acks);
	} else if (want->acks && want->err) {
		if (want->replies || want->dones || want->acks != 1)
			wrong(p, "answer: %s is refused, and answered", name);
	} else if (want->op->dump) {
		if (want->dones != 1 || want->acks)
			wrong(p, "dump: %s has %u ends, %u words", name,
			      want->dones, want->acks);
	} else if (want->dones || want->acks != want->ack ||
		   want->replies != !!want->op->reply.n) {
		wrong(p, "answer: %s has %u replies, %u words", name,
		      want->replies, want->acks);
	}
}

static void hear(struct player *p, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	static struct obj obj;
	unsigned int i;

	for (i = 0; i < n_events; i++)
		if (events[i].cmd == genl->cmd)
			/* some is told in dumps only */
			check_reply(p, find_op(events[i].like, false) ?:
				       find_op(events[i].like, true), nlh);
	if (!obj_parse(nlh, &obj))
		wrong(p, "event: it cannot be read");
	else if (p->event && !p->lost && obj.seq != p->event + 1)
		wrong(p, "event: %llu after %llu", (unsigned long long)obj.seq,
		      (unsigned long long)p->event);
	p->event = obj.seq;
	p->tally->events++;
}

static void hear_all(struct player *p)
{
	const void *from;
	ssize_t len;

	for (;;) {
		const struct nlmsghdr *nlh;

		len = read_some(p, &p->mon, 0, &from);
		if (len == -EAGAIN)
			break;
		if (len == -ENOBUFS) {
			p->lost = true;
			continue;
		}
		if (len < 0) {
			wrong(p, "event: %s", strerror(-len));
			return;
		}
		for (nlh = from; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len))
			hear(p, nlh);
	}
	/* what was lost was lost until here */
	if (p->lost)
		p->event = 0;
	p->lost = false;
}

/* A request that is right, behind all others. */
static void ask_status(struct player *p, struct wants *wants)
{
	struct message *m = message_new(VFIO_MIG_CMD_STATUS_GET, NLM_F_ACK);
	__u32 buf[16];
	size_t len;

	len = message_write(m, &p->world, ++p->nl.seq, buf, sizeof(buf));
	message_free(m);
	add_wants(p, wants, buf, len);
	wants->at[wants->n - 1].status = true;
	if (send(p->nl.fd, buf, len, 0) != (ssize_t)len)
		wrong(p, "status: cannot be sent: %s", strerror(errno));
}

static void reopen(struct player *p)
{
	__u16 family = p->nl.family;

	nl_close(&p->nl);
	if (nl_open_raw(&p->nl))
		wrong(p, "socket: cannot be opened");
	p->nl.family = family;
}

/* From one request on, all that go together. Returns how many. */
static unsigned int play_some(struct player *p, const struct input *input,
			      unsigned int from)
{
	static __u32 buf[DATAGRAM_MAX / 4];
	static struct wants wants;
	bool abandon = false;
	unsigned int n, i;
	size_t len = 0;

	wants.n = 0;
	for (n = from; n < input->n; n++) {
		const struct message *m = input->at[n];

		if (n > from && !m->with)
			break;
		abandon |= m->abandon;
		len += message_write(m, &p->world, ++p->nl.seq, (char *)buf +
				     len, sizeof(buf) - len);
	}
	p->tally->messages += n - from;
	add_wants(p, &wants, buf, len);
	if (send(p->nl.fd, buf, len, MSG_DONTWAIT) < 0) {
		if (errno != EMSGSIZE && errno != ENOBUFS)
			wrong(p, "send: %s", strerror(errno));
		wants.n = 0;
	}
	if (abandon) {
		reopen(p);
		/* what was granted there nobody knows */
		p->changed = true;
		wants.n = 0;
	}
	if (wants.n == WANTS_MAX)
		wants.n--;
	ask_status(p, &wants);
	read_all(p, &wants, input->at[from]->room);
	for (i = 0; i < wants.n; i++)
		judge(p, &wants.at[i]);
	hear_all(p);
	return n - from;
}

/**
 * play - send requests, and look at what comes back
 * @player: who asks
 * @input: the requests
 *
 * Return: true if all of it is as it must be; otherwise @player->wrong tells
 * what is not.
 */
bool play(struct player *player, const struct input *input)
{
	unsigned int at = 0;

	player->wrong[0] = '\0';
	while (at < input->n && !player->wrong[0])
		at += play_some(player, input, at);
	player->tally->inputs++;
	return !player->wrong[0];
}
