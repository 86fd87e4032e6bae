// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network namespaces come and go, and with them devices: none is lost or seen
 * twice, and every event is accounted for.
 *
 * A thousand namespaces are made, given devices and destroyed, in an order that
 * is drawn. Meanwhile devices change what they say, others appear and vanish
 * wherever they are, and everything at home is dumped, over and over. Whoever
 * asks listens as well: events tell what a dump may hold, and what it must.
 *
 * VFIO_MIG_NAMESPACES says how many there are to be, VFIO_MIG_SEED what is
 * drawn.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "nl.h"

#define DEVICES		"/sys/module/vfio_mig_sim/parameters/devices"
#define SLOW		"/sys/module/vfio_mig_slow/parameters"
#define NAMESPACES	1000
/* Namespaces at one time, each of them with a few open files. */
#define ALIVE		160
/* Devices that stay, and others. */
#define KEPT		120
#define MORE		16
#define HELD		(KEPT + MORE)
/* Ids are counted from that of the first device. None is used twice. */
#define IDS		65536
#define EVENTS		16384
#define SOON_MS		60000
#define TICK_MS		10

enum { AWAY, HERE };

/* A namespace, and what is known of it from its events alone. */
struct place {
	int ns;
	struct nl nl;
	struct nl mon;
	__u64 seq;
	/* our devices that are there */
	unsigned int n;
	__u32 held[HELD];
};

/* The initial namespace, and more of what a process knows of it. */
static struct {
	struct place place;
	__u8 where[IDS];
	/* the number of the last event */
	__u64 seq[IDS];
	/* how many ids there are */
	__u32 ids;
	/* that of the device that last had the number in its name */
	__u32 id[HELD];
	/* events of devices that stay */
	unsigned int adds;
	unsigned int dels;
	unsigned int changes;
} home;

/* What all processes know. */
static struct {
	unsigned int ready;
	bool go;
	bool stop;
	unsigned int flips;
	unsigned int resizes;
	unsigned int dumps;
	unsigned int interrupted;
	unsigned int events;
	char wrong[256];
} *common;

static struct place places[ALIVE];
static unsigned int alive;
static __u32 first_id;
static struct nl known;
static struct obj obj;
static struct objs objs;

static void complain(const char *fmt, ...) __printf(1, 2);

/* What is wrong first is what matters. */
static void complain(const char *fmt, ...)
{
	va_list args;

	if (common->wrong[0])
		return;
	va_start(args, fmt);
	vsnprintf(common->wrong, sizeof(common->wrong), fmt, args);
	va_end(args);
}

static bool wrong(void)
{
	return common->wrong[0];
}

/* ------------------------------------------------------------------- events */

/* The number in the name of one of our devices, HELD if it is none. */
static unsigned int number_of(const struct obj *o)
{
	unsigned int n;

	if (strcmp(o->bus, "sim") || sscanf(o->name, "sim%u", &n) != 1)
		return HELD;
	return n < HELD ? n : HELD;
}

static bool is_kept(__u32 id)
{
	return id - first_id < KEPT;
}

static unsigned int find_held(const struct place *place, __u32 id)
{
	unsigned int i;

	for (i = 0; i < place->n; i++)
		if (place->held[i] == id)
			break;
	return i;
}

static void follow(struct place *place, const struct obj *event)
{
	unsigned int i = find_held(place, event->id);
	bool here = i < place->n;

	if (event->seq != place->seq + 1)
		complain("event %llu came after %llu", event->seq, place->seq);
	place->seq = event->seq;
	if (number_of(event) == HELD)
		return;

	switch (event->cmd) {
	case VFIO_MIG_CMD_DEV_ADD_NTF:
		if (here || place->n == HELD)
			complain("%s came twice", event->name);
		else
			place->held[place->n++] = event->id;
		break;
	case VFIO_MIG_CMD_DEV_DEL_NTF:
		if (!here)
			complain("%s went, and was not there", event->name);
		else
			place->held[i] = place->held[--place->n];
		break;
	default:
		if (!here)
			complain("%s changed, and is not there", event->name);
	}
}

static void follow_home(const struct obj *event)
{
	unsigned int n = number_of(event);
	__u32 id = event->id - first_id;

	follow(&home.place, event);
	if (n == HELD)
		return;
	if (id >= IDS) {
		complain("there are more ids than can be kept");
		return;
	}
	if (id >= home.ids)
		home.ids = id + 1;
	home.seq[id] = event->seq;

	switch (event->cmd) {
	case VFIO_MIG_CMD_DEV_ADD_NTF:
		if (n < KEPT && n != id)
			complain("%s has another id", event->name);
		if (obj_attr(event, "inside"))
			complain("%s brings home what was said elsewhere",
				 event->name);
		home.where[id] = HERE;
		home.id[n] = event->id;
		home.adds += is_kept(event->id);
		break;
	case VFIO_MIG_CMD_DEV_DEL_NTF:
		home.where[id] = AWAY;
		home.dels += is_kept(event->id);
		break;
	default:
		home.changes += is_kept(event->id);
	}
}

/* Takes one event, into obj. */
static bool listen_ms(struct place *place, int ms)
{
	int err = nl_event(&place->mon, &obj, ms);

	if (!err && place == &home.place)
		follow_home(&obj);
	else if (!err)
		follow(place, &obj);
	else if (err != -EAGAIN)
		complain("events were lost: %s", strerror(-err));
	return !err;
}

/* What has happened by now has been told. */
static void listen_all(struct place *place)
{
	while (listen_ms(place, 0) && !wrong())
		;
}

/* ------------------------------------------------------------------- places */

/* In the namespace that we are in. */
static int place_open(struct place *place)
{
	int err;

	memset(place, 0, sizeof(*place));
	place->ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (place->ns < 0)
		return -errno;
	err = nl_open_raw(&place->nl) ?: nl_open_raw(&place->mon);
	if (err)
		return err;
	/* these are the same everywhere */
	place->nl.family = known.family;
	place->mon.monitor = known.monitor;
	return nl_join(&place->mon);
}

/* A namespace of which nobody but us knows. */
static int place_make(struct place *place)
{
	int err;

	if (unshare(CLONE_NEWNET))
		return -errno;
	err = place_open(place);
	return setns(home.place.ns, CLONE_NEWNET) ? -errno : err;
}

/* With this nobody knows of it any more, and it dies. */
static void place_drop(struct place *place)
{
	nl_close(&place->mon);
	nl_close(&place->nl);
	close(place->ns);
}

/* Before anything happens. */
static int home_open(void)
{
	struct status status;
	unsigned int i;
	int err;

	memset(&home, 0, sizeof(home));
	err = place_open(&home.place) ?:
	      nl_dump_all(&home.place.nl, VFIO_MIG_CMD_DEV_GET, &objs) ?:
	      nl_status(&home.place.nl, &status);
	if (err)
		return err;

	home.place.seq = status.seq;
	for (i = 0; i < objs.n; i++) {
		const struct obj *o = &objs.o[i];

		if (number_of(o) >= KEPT || o->id - first_id >= KEPT)
			continue;
		home.where[o->id - first_id] = HERE;
		home.seq[o->id - first_id] = o->seq;
		home.id[number_of(o)] = o->id;
		home.place.held[home.place.n++] = o->id;
	}
	home.ids = KEPT;
	return home.place.n == KEPT ? 0 : -ENODEV;
}

/* Where nothing happens any more, what is dumped is what was told. */
static void expect_agreement(struct place *place)
{
	unsigned int i, n, tries = 0;
	struct status status;
	__u64 seq;
	int err;

	do {
		listen_all(place);
		seq = place->seq;
		err = nl_status(&place->nl, &status) ?:
		      nl_dump_all(&place->nl, VFIO_MIG_CMD_DEV_GET, &objs);
		listen_all(place);
	} while (!err && place->seq != seq && ++tries < 100 && !wrong());
	if (err)
		complain("no dump: %s", strerror(-err));
	if (wrong())
		return;

	if (status.seq != seq || place->seq != seq)
		complain("%llu events were told of, of %llu", place->seq,
			 status.seq);
	if (status.devices != objs.n)
		complain("%u devices were dumped, of %u", objs.n,
			 status.devices);
	for (i = n = 0; i < objs.n; i++) {
		if (number_of(&objs.o[i]) == HELD)
			continue;
		n++;
		if (find_held(place, objs.o[i].id) == place->n)
			complain("%s was dumped where it is not",
				 objs.o[i].name);
	}
	if (n != place->n)
		complain("%u were dumped, and %u are there", n, place->n);
}

/* ----------------------------------------------------------------- requests */

static int move(struct place *from, __u32 id, int ns)
{
	struct req req;
	__u32 nest;

	req_init(&req, from->nl.family, VFIO_MIG_CMD_DEV_SET, 0);
	nest = req_nest(&req, VFIO_MIG_A_MOVE_TARGET);
	req_put_u32(&req, VFIO_MIG_A_OBJECT_ID, id);
	req_nest_end(&req, nest);
	req_put_u32(&req, VFIO_MIG_A_MOVE_NETNS_FD, ns);
	return nl_ack(&from->nl, &req, NULL);
}

static int say(struct place *place, __u32 id, const char *name, __u64 value)
{
	struct req req;
	__u32 nest;

	req_init(&req, place->nl.family, VFIO_MIG_CMD_ATTR_SET, 0);
	nest = req_nest(&req, VFIO_MIG_A_CHANGE_TARGET);
	req_put_u32(&req, VFIO_MIG_A_OBJECT_ID, id);
	req_nest_end(&req, nest);
	nest = req_nest(&req, VFIO_MIG_A_CHANGE_ATTR);
	req_put_str(&req, VFIO_MIG_A_ATTR_NAME, name);
	req_put(&req, VFIO_MIG_A_ATTR_U64, &value, sizeof(value));
	req_nest_end(&req, nest);
	return nl_ack(&place->nl, &req, NULL);
}

/* -------------------------------------------------------------------- dumps */

struct told {
	__u8 cmd;
	/* from that of the first device */
	__u32 id;
	__u64 seq;
};

/* A dump, and what was told of before and meanwhile. */
static struct {
	unsigned int round;
	__u32 ids;
	__u8 before[IDS];
	__u64 seq[IDS];
	/* in which round a device was dumped, and in which it went */
	unsigned int dumped[IDS];
	unsigned int went[IDS];
	unsigned int n_objs;
	struct told objs[OBJS_MAX];
	unsigned int n_events;
	struct told events[EVENTS];
} view;

static void note_object(const struct nlmsghdr *nlh, void *arg)
{
	__u32 id;

	if (!obj_parse(nlh, &obj) || view.n_objs == OBJS_MAX) {
		complain("a dump cannot be read");
		return;
	}
	if (number_of(&obj) == HELD)
		return;
	id = obj.id - first_id;
	if (id >= IDS) {
		complain("there are more ids than can be kept");
		return;
	}
	if (view.dumped[id] == view.round)
		complain("%s was dumped twice", obj.name);
	view.dumped[id] = view.round;
	view.objs[view.n_objs].id = id;
	view.objs[view.n_objs++].seq = obj.seq;
}

static void note_events(__u64 until)
{
	while (home.place.seq < until && !wrong()) {
		struct told *told = &view.events[view.n_events];

		if (!listen_ms(&home.place, SOON_MS)) {
			complain("event %llu does not come",
				 home.place.seq + 1);
			return;
		}
		if (number_of(&obj) == HELD)
			continue;
		if (view.n_events == EVENTS) {
			complain("there were more events than can be kept");
			return;
		}
		told->cmd = obj.cmd;
		told->id = obj.id - first_id;
		told->seq = obj.seq;
		view.n_events++;
		if (obj.cmd == VFIO_MIG_CMD_DEV_DEL_NTF)
			view.went[told->id] = view.round;
	}
}

static bool was_told(const struct told *dumped)
{
	unsigned int i;

	if (view.before[dumped->id] == HERE &&
	    view.seq[dumped->id] == dumped->seq)
		return true;
	for (i = 0; i < view.n_events; i++)
		if (view.events[i].id == dumped->id &&
		    view.events[i].seq == dumped->seq)
			return view.events[i].cmd != VFIO_MIG_CMD_DEV_DEL_NTF;
	return false;
}

/* Nothing but what was here, and all that was here all the time. */
static void expect_sound(void)
{
	unsigned int i;
	__u32 id;

	for (i = 0; i < view.n_objs; i++)
		if (!was_told(&view.objs[i]))
			complain("%u was dumped as of event %llu, wrongly",
				 view.objs[i].id, view.objs[i].seq);
	for (id = 0; id < view.ids; id++)
		if (view.before[id] == HERE && view.went[id] != view.round &&
		    view.dumped[id] != view.round)
			complain("%u was here all the time, and not dumped",
				 id);
}

/* One that is not marked is what was here at one moment. */
static void expect_moment(void)
{
	static __u8 now[IDS];
	unsigned int i, differ = 0;
	__u32 id;

	/* who came later is not here yet */
	memcpy(now, view.before, sizeof(now));
	for (id = 0; id < home.ids; id++)
		differ += now[id] != (view.dumped[id] == view.round);
	for (i = 0; i < view.n_events && differ; i++) {
		if (view.events[i].cmd == VFIO_MIG_CMD_DEV_CHANGE_NTF)
			continue;
		id = view.events[i].id;
		now[id] = view.events[i].cmd == VFIO_MIG_CMD_DEV_ADD_NTF;
		differ += now[id] != (view.dumped[id] == view.round) ? 1 : -1;
	}
	if (differ)
		complain("a dump that is not marked was true at no moment");
}

static void look(void)
{
	struct dump dump = { .message = note_object };
	struct status status;
	struct req req;
	int err;

	listen_all(&home.place);
	view.round++;
	view.n_objs = 0;
	view.n_events = 0;
	view.ids = home.ids;
	memcpy(view.before, home.where, sizeof(view.before));
	memcpy(view.seq, home.seq, view.ids * sizeof(view.seq[0]));

	req_init(&req, home.place.nl.family, VFIO_MIG_CMD_DEV_GET, NLM_F_DUMP);
	err = nl_dump_req(&home.place.nl, &req, &dump, NULL) ?:
	      nl_status(&home.place.nl, &status);
	if (err)
		complain("no dump: %s", strerror(-err));
	else
		note_events(status.seq);
	if (wrong())
		return;

	expect_sound();
	if (!dump.intr)
		expect_moment();
	common->dumps++;
	common->interrupted += dump.intr;
	common->events += view.n_events;
}

/* ------------------------------------------------------------------- others */

static void looker(unsigned int seed)
{
	while (!common->stop && !wrong())
		look();
}

/* What is said of a device at home does not get lost. */
static void flipper(unsigned int seed)
{
	__u64 value = 0;
	int err;

	/* it does not listen */
	nl_close(&home.place.mon);
	while (!common->stop && !wrong()) {
		err = say(&home.place, first_id + rand_r(&seed) % KEPT,
			  "at-home", ++value);
		if (!err)
			common->flips++;
		else if (err != -ENODEV)
			complain("nothing can be said: %s", strerror(-err));
		sleep_ms(rand_r(&seed) % TICK_MS);
	}
}

static void resizer(unsigned int seed)
{
	char value[16];
	int err;

	nl_close(&home.place.mon);
	while (!common->stop && !wrong()) {
		snprintf(value, sizeof(value), "%u",
			 KEPT + rand_r(&seed) % (MORE + 1));
		err = file_write(value, DEVICES);
		if (err)
			complain("%s devices: %s", value, strerror(-err));
		common->resizes++;
		sleep_ms(rand_r(&seed) % (4 * TICK_MS));
	}
}

static void (*const others[])(unsigned int seed) = {
	looker, flipper, resizer,
};

/* A socket of its own each: two would take each other's answers. */
static pid_t spawn(void (*other)(unsigned int seed), unsigned int seed)
{
	pid_t pid = fork_tied();

	if (pid)
		return pid;
	if (home_open())
		complain("another process knows nothing of home");
	__atomic_add_fetch(&common->ready, 1, __ATOMIC_SEQ_CST);
	while (!common->go && !wrong())
		sleep_ms(1);
	other(seed);
	_exit(0);
}

/* -------------------------------------------------------------------- churn */

static unsigned int drawn;
static unsigned int wanted;
static unsigned int made;
/* devices that stay, given away from home */
static unsigned int given;

static unsigned int draw(unsigned int n)
{
	return rand_r(&drawn) % n;
}

static unsigned int setting(const char *name, unsigned int unless)
{
	const char *value = getenv(name);

	return value && *value ? strtoul(value, NULL, 0) : unless;
}

/* One that is at home as far as we were told, 0 if none is. */
static __u32 draw_home(void)
{
	unsigned int i, n, first = draw(HELD);

	listen_all(&home.place);
	for (i = 0; i < HELD; i++) {
		n = (first + i) % HELD;
		if (home.id[n] && home.where[home.id[n] - first_id] == HERE)
			return home.id[n];
	}
	return 0;
}

static __u32 draw_held(struct place *place)
{
	listen_all(place);
	return place->n ? place->held[draw(place->n)] : 0;
}

/* Only what comes and goes may be gone meanwhile. */
static bool is_done(int err, __u32 id, const char *what)
{
	if (err && (err != -ENODEV || is_kept(id)))
		complain("%u is there, but no %s: %s", id - first_id, what,
			 strerror(-err));
	return !err;
}

static bool give(struct place *place)
{
	__u64 before = place->seq;
	__u32 id;

	do {
		id = draw_home();
		if (!id || wrong())
			return false;
	} while (!is_done(move(&home.place, id, place->ns), id, "giving"));

	given += is_kept(id);
	listen_all(place);
	if (place->seq == before)
		complain("%u was given, and nobody told", id - first_id);
	return true;
}

static void make(void)
{
	struct place *place = &places[alive];
	int err = place_make(place);

	if (err) {
		complain("no namespace: %s", strerror(-err));
		return;
	}
	alive++;
	/* the last device at home may just be gone: then it does not count */
	made += give(place);
}

static void change(struct place *place)
{
	__u32 id = draw_held(place);

	if (id)
		is_done(say(place, id, "inside", draw(1000)), id, "saying");
}

static void pass_on(struct place *place)
{
	struct place *to = &places[draw(alive)];
	__u32 id = draw_held(place);

	if (!id)
		return;
	is_done(move(place, id, to->ns), id, "passing on");
	listen_all(place);
	listen_all(to);
}

static void take_back(struct place *place)
{
	__u32 id = draw_held(place);

	if (id)
		is_done(move(place, id, home.place.ns), id, "taking back");
}

static void destroy(struct place *place)
{
	expect_agreement(place);
	if (!draw(4))
		take_back(place);
	place_drop(place);
	*place = places[--alive];
}

static void step(void)
{
	struct place *place = alive ? &places[draw(alive)] : NULL;
	unsigned int what = draw(10);

	if (!place || (what < 4 && made < wanted && alive < ALIVE)) {
		if (draw_home())
			make();
		else if (place)
			destroy(place);
		else
			listen_ms(&home.place, SOON_MS);
	} else if (what < 7) {
		destroy(place);
	} else if (what == 7) {
		change(place);
	} else if (what == 8) {
		pass_on(place);
	} else if (draw_home()) {
		give(place);
	}
}

/* Whoever has nobody to come home to is lost. */
static void wait_for_all(void)
{
	listen_all(&home.place);
	while (home.place.n != KEPT && !wrong())
		if (!listen_ms(&home.place, SOON_MS))
			complain("%u devices of %u came home", home.place.n,
				 KEPT);
}

FIXTURE(nschurn) {
	struct nl nl;
	char path[256];
};

FIXTURE_SETUP(nschurn)
{
	struct rlimit files = { 4096, 4096 };

	ASSERT_EQ(0, nl_open(&self->nl));
	if (run("modprobe -q vfio_mig_sim"))
		SKIP(return, "needs vfio_mig_sim");
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, common);
	known = self->nl;
}

FIXTURE_TEARDOWN_PARENT(nschurn)
{
	run("modprobe -q -a vfio_mig vfio_mig_sim");
	file_write("0", DEVICES);
	mod_remove("vfio_mig_slow");
}

static void make_devices(struct __test_metadata *_metadata, struct nl *nl,
			 unsigned int n)
{
	struct obj first;
	char value[16];

	ASSERT_EQ(0, file_write("0", DEVICES));
	snprintf(value, sizeof(value), "%u", n);
	ASSERT_EQ(0, file_write(value, DEVICES));
	ASSERT_EQ(0, nl_get_handle(nl, VFIO_MIG_CMD_DEV_GET, "sim", NULL,
				   "sim0", &first));
	first_id = first.id;
}

/* All processes know what there is before anything happens. */
static bool begin(struct __test_metadata *_metadata, pid_t *pids,
		  unsigned int seed)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		pids[i] = spawn(others[i], seed + i + 1);
		EXPECT_LT(0, pids[i]);
	}
	while (__atomic_load_n(&common->ready, __ATOMIC_SEQ_CST) <
	       ARRAY_SIZE(others) && !wrong())
		sleep_ms(TICK_MS);
	if (home_open())
		complain("nothing is known of home");
	common->go = true;
	return !wrong();
}

static void end(struct __test_metadata *_metadata, pid_t *pids)
{
	int status;
	size_t i;

	common->stop = true;
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		EXPECT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(0, status);
	}
}

static void expect_all_gone(struct __test_metadata *_metadata, char *path)
{
	__u64 until = now_ms() + SOON_MS;
	struct status status;
	struct nl nl;
	int err;

	ASSERT_EQ(0, mod_remove("vfio_mig_sim"));
	/* what a closed socket held is given back a bit later */
	do {
		err = mod_remove("vfio_mig");
		sleep_ms(TICK_MS);
	} while (err == -EAGAIN && now_ms() < until);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, mod_insert(path));
	ASSERT_EQ(0, nl_open(&nl));
	EXPECT_EQ(0, nl_status(&nl, &status));
	EXPECT_EQ(status.devices + status.types, status.seq);
	nl_close(&nl);
}

TEST_F_TIMEOUT(nschurn, none_is_lost, 400)
{
	unsigned int seed = setting("VFIO_MIG_SEED", time(NULL));
	pid_t pids[ARRAY_SIZE(others)];
	char value[16];

	drawn = seed;
	wanted = setting("VFIO_MIG_NAMESPACES", NAMESPACES / slowness());
	printf("# VFIO_MIG_SEED=%u VFIO_MIG_NAMESPACES=%u\n", seed, wanted);
	fflush(stdout);
	make_devices(_metadata, &self->nl, KEPT);

	if (begin(_metadata, pids, seed))
		while ((made < wanted || alive) && !wrong())
			step();
	end(_metadata, pids);
	snprintf(value, sizeof(value), "%u", KEPT);
	EXPECT_EQ(0, file_write(value, DEVICES));
	wait_for_all();
	expect_agreement(&home.place);
	printf("# %u namespaces, %u devices given, %u changes, %u resized\n",
	       made, given, common->flips, common->resizes);
	printf("# %u dumps, %u of them interrupted, %u events meanwhile\n",
	       common->dumps, common->interrupted, common->events);
	ASSERT_STREQ("", common->wrong);

	/* of those that stay, there is no event that nobody has caused */
	EXPECT_EQ(given, home.dels);
	EXPECT_EQ(given, home.adds);
	EXPECT_EQ(common->flips, home.changes);
	/* otherwise nothing is proved */
	EXPECT_LE(wanted, made);
	EXPECT_LT(0, common->dumps);
	EXPECT_LT(0, common->events);

	if (!mod_loaded("vfio_mig"))
		return;
	place_drop(&home.place);
	nl_close(&self->nl);
	ASSERT_EQ(0, mod_path(self->path, sizeof(self->path), "vfio_mig"));
	expect_all_gone(_metadata, self->path);
}

/* ------------------------------------------------------------------- deaths */

static bool is_told(const char *name)
{
	char value[8];

	return !file_read(value, sizeof(value), SLOW "/%s", name) &&
	       *value == 'Y';
}

static bool is_soon(const char *name, bool what)
{
	__u64 until = now_ms() + SOON_MS;

	while (is_told(name) != what && now_ms() < until)
		sleep_ms(TICK_MS);
	return is_told(name) == what;
}

/*
 * A device vanishes from a namespace, which dies before everybody there was
 * told.
 */
TEST_F_TIMEOUT(nschurn, dies_while_it_is_told, 200)
{
	struct place *place = &places[0];
	pid_t pid;
	int status;

	if (run("modprobe -q vfio_mig_slow 2>/dev/null"))
		SKIP(return, "no module vfio_mig_slow, or no kprobes");
	make_devices(_metadata, &self->nl, KEPT);
	ASSERT_EQ(0, home_open());
	ASSERT_EQ(0, place_make(place));
	ASSERT_EQ(0, move(&home.place, first_id, place->ns));
	ASSERT_EQ(0, file_write("1", SLOW "/slow"));

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		/* or the namespace would be ours, too */
		place_drop(place);
		_exit(-file_write("0", DEVICES));
	}
	EXPECT_TRUE(is_soon("telling", true));
	place_drop(place);
	EXPECT_TRUE(is_soon("telling", false));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	/* it was about to die, and did so only when all was told */
	EXPECT_TRUE(is_told("died"));
	EXPECT_FALSE(is_told("forgotten"));
}

TEST_HARNESS_MAIN
