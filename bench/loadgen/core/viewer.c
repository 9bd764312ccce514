#include "bench/loadgen/core/viewer.h"

#include "bench/wire/mqtt.h"
#include "bench/wire/ws.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ENGINE_IO_OPEN '0'
#define ENGINE_IO_PING '2'

static struct str topic(const struct plan *p, const char *leaf)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s/feed/%s/%s", p->prefix, p->view, leaf);
	return buf_view(&b);
}

static struct str own_topic(const struct plan *p, const char *leaf)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s/%s", p->prefix, leaf);
	return buf_view(&b);
}

int audience_init(struct audience *a, const struct plan *plan)
{
	*a = (struct audience){ .plan = plan };
	a->delta = topic(plan, plan->packed ? "z" : "delta");
	a->snapshot = topic(plan, plan->packed ? "z/base" : "snapshot");
	a->recent = topic(plan, plan->packed ? "z/recent" : "recent");
	a->once = topic(plan, "z/+");
	a->status = own_topic(plan, "status");
	a->notice = own_topic(plan, "notice");
	a->reader = plan->packed ? reader_new() : NULL;
	return a->delta.len && a->snapshot.len && a->recent.len && a->once.len && a->status.len && a->notice.len &&
			       (a->reader || !plan->packed)
		       ? 0
		       : -1;
}

void audience_free(struct audience *a)
{
	free((char *)a->delta.p);
	free((char *)a->snapshot.p);
	free((char *)a->recent.p);
	free((char *)a->once.p);
	free((char *)a->status.p);
	free((char *)a->notice.p);
	reader_free(a->reader);
	buf_free(&a->out);
}

void viewer_reset(struct viewer *v)
{
	buf_free(&v->wire);
	buf_free(&v->packet);
	buf_free(&v->held);
	v->bookmark = (struct bookmark){ 0 };
	if (v->feed.synced) {
		v->known_epoch = v->feed.epoch;
		v->known_seq = v->feed.seq;
	}
	feed_check_reset(&v->feed);
	v->pings = 0;
	v->fd = -1;
	v->state = VIEWER_OUT;
	v->reads_not = false;
}

/* --- saying --- */

/* Appends the packet to what is to be sent, in a WebSocket frame where the target wants one, and frees it. */
static void wrap(struct audience *a, const struct target *t, struct buf *packet)
{
	if (t->websocket)
		ws_put_client_frame(&a->out, WS_BINARY, buf_view(packet));
	else
		buf_str(&a->out, buf_view(packet));
	buf_free(packet);
}

static void login(struct viewer *v, struct audience *a, const struct target *t, uint64_t number)
{
	struct buf packet = { 0 };
	char id[48];
	struct mqtt_login l = { .version = plan_mqtt_version(a->plan), .client_id = id, .keepalive_s = (uint16_t)a->plan->keepalive_s };

	snprintf(id, sizeof(id), "load-%d-%llu", (int)getpid(), (unsigned long long)number);
	if (v->guessing) {
		l.user = a->plan->flood_user;
		l.password = "guessed";
	}
	mqtt_put_connect(&packet, &l);
	wrap(a, t, &packet);
}

static void subscribe_to(struct audience *a, const struct target *t, uint16_t id, const struct str *filters, size_t n)
{
	struct buf packet = { 0 };

	mqtt_put_subscribe(&packet, plan_mqtt_version(a->plan), id, filters, n);
	wrap(a, t, &packet);
}

/* What a newcomer needs once: in the packed encoding one filter is for both. Returns how many filters there are. */
static size_t filters_once(const struct audience *a, struct str out[2])
{
	out[0] = a->plan->packed ? a->once : a->snapshot;
	out[1] = a->recent;
	return a->plan->packed ? 1 : 2;
}

/* A page wants the notice as well, before the rest, and the status, behind it, all in one packet. */
static void subscribe(struct audience *a, const struct target *t)
{
	bool as_page = !a->plan->filter && a->plan->as_page;
	struct str filters[5];
	size_t n = 0;

	if (as_page)
		filters[n++] = a->notice;
	filters[n++] = a->plan->filter ? str_of(a->plan->filter) : a->delta;
	if (!a->plan->filter)
		n += filters_once(a, filters + n);
	if (as_page)
		filters[n++] = a->status;
	subscribe_to(a, t, 1, filters, n);
}

static void unsubscribe(struct audience *a, const struct target *t)
{
	struct str filters[2];
	struct buf packet = { 0 };
	size_t n = filters_once(a, filters);

	mqtt_put_unsubscribe(&packet, plan_mqtt_version(a->plan), 2, filters, n);
	wrap(a, t, &packet);
}

/* The client id needs no memory of its own: it waits in v->packet while the WebSocket is being opened. */
void viewer_begin(struct viewer *v, struct audience *a, const struct target *t, uint64_t number)
{
	v->pinged_us = a->now_us;
	if (!t->websocket) {
		v->state = VIEWER_LOGIN;
		login(v, a, t, number);
		return;
	}
	v->state = VIEWER_UPGRADING;
	ws_put_request(&a->out, t->host, t->path, plan_is_mqtt(a->plan) ? "mqtt" : NULL);
	buf_add(&v->packet, &number, sizeof(number));
}

void viewer_ping(struct viewer *v, struct audience *a, const struct target *t)
{
	struct buf packet = { 0 };

	v->pinged_us = a->now_us;
	if (plan_is_mqtt(a->plan)) {
		mqtt_put_pingreq(&packet);
		wrap(a, t, &packet);
	} else {
		ws_put_client_frame(&a->out, WS_PONG, STR(""));
	}
}

/* --- judging --- */

/* The answer for two packets or messages together: the worse one, but VIEWER_IN_SYNC rather than VIEWER_FINE. */
static enum viewer_answer both(enum viewer_answer a, enum viewer_answer b)
{
	return a > b ? a : b;
}

static enum viewer_answer in_sync(struct viewer *v, struct audience *a)
{
	if (v->feed.epoch == v->known_epoch && v->feed.seq < v->known_seq)
		tally_count(a->tally, COUNT_backward, 1);
	v->state = VIEWER_SYNCED;
	v->feed.synced = true;
	return VIEWER_IN_SYNC;
}

static void note_latency(struct audience *a, const struct feed_message *m)
{
	int window = atomic_load_explicit(&a->baton->window, memory_order_relaxed);
	int64_t us = m->sent_ns >= 0 ? a->now_us - m->sent_ns / 1000
				     : a->now_us + a->wall_offset_us - m->ts_ms * 1000;

	if (window < 0 || (m->sent_ns < 0 && m->ts_ms < 0))
		return;
	atomic_fetch_add_explicit(&a->tally->windows[window].deliveries, 1, memory_order_relaxed);
	hist_add(&a->tally->windows[window].latency, us > 0 ? (uint64_t)us : 0);
}

static void note_verdict(struct audience *a, enum feed_verdict verdict, int64_t missing)
{
	static const int counts[] = {
		[FEED_NEXT] = -1,
		[FEED_EARLY] = -1,
		[FEED_ALIVE] = -1,
		[FEED_GAP] = COUNT_gaps,
		[FEED_REPEATED] = COUNT_repeated,
		[FEED_BACKWARD] = COUNT_backward,
		[FEED_NEW_EPOCH] = COUNT_epochs,
	};

	if (counts[verdict] >= 0)
		tally_count(a->tally, (enum count)counts[verdict], 1);
	if (missing)
		tally_count(a->tally, COUNT_missing, (uint64_t)missing);
}

/* is_read: it is a message of a feed. What is none has a latency all the same, if it has a time. */
static void take_delta(struct viewer *v, struct audience *a, const struct feed_message *m, bool is_read)
{
	int64_t missing;

	tally_count(a->tally, COUNT_deliveries, 1);
	if (is_read) {
		enum feed_verdict verdict = feed_check_delta(&v->feed, m, &missing);

		note_verdict(a, verdict, missing);
	}
	note_latency(a, m);
}

/* Servers that are no MQTT brokers know no retained snapshot: for them a viewer is in sync with the first message that it gets. */
static enum viewer_answer take_plain(struct viewer *v, struct audience *a, struct str text)
{
	struct feed_message m;
	bool is_read = feed_message_read(text, &m);

	if (v->feed.seq < 0 && is_read) {
		v->feed.seq = m.seq;
		v->feed.epoch = m.epoch;
		return v->state == VIEWER_SYNCED ? VIEWER_FINE : in_sync(v, a);
	}
	take_delta(v, a, &m, is_read);
	return VIEWER_FINE;
}

enum kind {
	KIND_DELTA,
	KIND_SNAPSHOT,
	KIND_RECENT,
};

static enum kind kind_of(const struct audience *a, struct str topic)
{
	if (str_eq(topic, a->delta))
		return KIND_DELTA;
	return str_eq(topic, a->snapshot) ? KIND_SNAPSHOT : KIND_RECENT;
}

static enum viewer_answer take_news(struct viewer *v, struct audience *a, enum kind kind, const struct feed_message *m)
{
	if (kind == KIND_DELTA) {
		take_delta(v, a, m, true);
		return VIEWER_FINE;
	}
	if (!(kind == KIND_SNAPSHOT ? feed_check_snapshot(&v->feed, m) : feed_check_recent(&v->feed, m)))
		return VIEWER_FINE;
	return in_sync(v, a);
}

static enum viewer_answer take_json(struct viewer *v, struct audience *a, enum kind kind, struct str payload)
{
	struct feed_message m;

	if (feed_message_read(payload, &m))
		return take_news(v, a, kind, &m);
	if (kind != KIND_DELTA)
		return VIEWER_BAD;
	take_delta(v, a, &m, false);
	return VIEWER_FINE;
}

/* --- the packed encoding: as web/client/packed.js, what can't be read yet is held until the next base --- */

struct held {
	enum kind kind;
	size_t len; /* of the payload, which follows */
};

static void hold(struct viewer *v, enum kind kind, struct str payload)
{
	const struct held head = { kind, payload.len };

	buf_add(&v->held, &head, sizeof(head));
	buf_str(&v->held, payload);
}

/* What even now can't be read is older than the base. */
static enum viewer_answer take_held(struct viewer *v, struct audience *a)
{
	struct buf held BUF_CLEANUP = v->held;
	struct str rest = buf_view(&held);
	enum viewer_answer answer = VIEWER_FINE;
	struct feed_message m;
	struct held head;

	v->held = (struct buf){ 0 };
	for (; rest.len > sizeof(head); rest = str_skip(rest, head.len)) {
		memcpy(&head, rest.p, sizeof(head));
		rest = str_skip(rest, sizeof(head));
		if (reader_take(a->reader, &v->bookmark, (struct str){ rest.p, head.len }, &m) == UNPACKED_TEXT)
			answer = both(answer, take_news(v, a, head.kind, &m));
	}
	return answer;
}

static enum viewer_answer take_packed(struct viewer *v, struct audience *a, enum kind kind, struct str payload)
{
	struct feed_message m;
	enum unpacked outcome = reader_take(a->reader, &v->bookmark, payload, &m);
	enum viewer_answer answer;

	if (outcome == UNPACKED_TEXT) {
		answer = take_news(v, a, kind, &m);
		return kind == KIND_SNAPSHOT ? both(answer, take_held(v, a)) : answer;
	}
	if (outcome == UNPACKED_UNKNOWN && !v->feed.synced)
		hold(v, kind, payload);
	else if (outcome != UNPACKED_NOTHING)
		tally_count(a->tally, COUNT_unread, 1);
	return VIEWER_FINE;
}

static enum viewer_answer take_page(struct viewer *v, struct audience *a, const struct target *t,
				    const struct mqtt_message *msg)
{
	enum viewer_answer answer;

	if (str_eq(msg->topic, a->status) || str_eq(msg->topic, a->notice))
		return VIEWER_FINE;
	answer = (a->reader ? take_packed : take_json)(v, a, kind_of(a, msg->topic), msg->payload);
	if (answer == VIEWER_IN_SYNC)
		unsubscribe(a, t);
	return answer;
}

/* --- MQTT --- */

static enum viewer_answer take_publish(struct viewer *v, struct audience *a, const struct target *t,
				       const struct mqtt_packet *packet)
{
	struct mqtt_message m;
	struct feed_message f;

	if (!mqtt_read_publish(packet, plan_mqtt_version(a->plan), &m))
		return VIEWER_BAD;
	if (!a->plan->filter)
		return take_page(v, a, t, &m);
	tally_count(a->tally, COUNT_deliveries, 1);
	feed_message_read(m.payload, &f);
	note_latency(a, &f);
	return VIEWER_FINE;
}

static enum viewer_answer take_connack(struct viewer *v, struct audience *a, const struct target *t,
				       const struct mqtt_packet *packet)
{
	int code = mqtt_reason_code(packet, plan_mqtt_version(a->plan));

	if (code < 0 || v->state != VIEWER_LOGIN)
		return VIEWER_BAD;
	if (code > 0)
		return VIEWER_REFUSED;
	v->state = VIEWER_JOINING;
	if (!v->guessing)
		subscribe(a, t);
	return VIEWER_FINE;
}

static enum viewer_answer take_suback(struct viewer *v, struct audience *a, const struct mqtt_packet *packet)
{
	int code = mqtt_reason_code(packet, plan_mqtt_version(a->plan));

	if (code < 0)
		return VIEWER_BAD;
	if (code >= 0x80)
		return VIEWER_REFUSED;
	return a->plan->filter ? in_sync(v, a) : VIEWER_FINE;
}

static enum viewer_answer take_packet(struct viewer *v, struct audience *a, const struct target *t,
				      const struct mqtt_packet *packet)
{
	switch (packet->type) {
	case MQTT_PUBLISH:
		return take_publish(v, a, t, packet);
	case MQTT_CONNACK:
		return take_connack(v, a, t, packet);
	case MQTT_SUBACK:
		return take_suback(v, a, packet);
	case MQTT_UNSUBACK:
	case MQTT_PINGRESP:
		return VIEWER_FINE;
	case MQTT_DISCONNECT:
		return VIEWER_ENDED;
	default:
		return VIEWER_BAD;
	}
}

static enum viewer_answer take_packets(struct viewer *v, struct audience *a, const struct target *t, struct str *rest)
{
	enum viewer_answer answer = VIEWER_FINE;
	struct mqtt_packet packet;
	enum mqtt_scan scan;

	while ((scan = mqtt_scan(rest, &packet)) == MQTT_SCAN_PACKET) {
		answer = both(answer, take_packet(v, a, t, &packet));
		if (answer > VIEWER_IN_SYNC)
			return answer;
	}
	return scan == MQTT_SCAN_BAD ? VIEWER_BAD : answer;
}

/* Makes `keep` hold the bytes of `rest`, which may be a part of what `keep` holds now. */
static void keep_rest(struct buf *keep, struct str rest)
{
	struct buf left = { 0 };

	if (rest.len)
		buf_str(&left, rest);
	buf_free(keep);
	*keep = left;
}

static enum viewer_answer take_stream(struct viewer *v, struct audience *a, const struct target *t, struct str bytes)
{
	enum viewer_answer answer;
	struct str rest = bytes;

	if (v->packet.len) {
		buf_str(&v->packet, bytes);
		rest = buf_view(&v->packet);
	}
	answer = take_packets(v, a, t, &rest);
	if (rest.len || v->packet.p)
		keep_rest(&v->packet, rest);
	return answer;
}

/* --- WebSocket --- */

static void send_text(struct audience *a, const char *text)
{
	ws_put_client_frame(&a->out, WS_TEXT, str_of(text));
}

static enum viewer_answer take_socketio(struct viewer *v, struct audience *a, struct str text)
{
	if (text.len && text.p[0] == ENGINE_IO_OPEN)
		send_text(a, "40");
	else if (text.len && text.p[0] == ENGINE_IO_PING)
		send_text(a, "3");
	else if (str_starts(text, STR("40")))
		v->state = VIEWER_JOINING;
	else if (str_starts(text, STR("42")))
		return take_plain(v, a, text);
	else if (str_starts(text, STR("44")))
		return VIEWER_REFUSED;
	return VIEWER_FINE;
}

static enum viewer_answer take_text(struct viewer *v, struct audience *a, struct str text)
{
	return a->plan->speech == SPEECH_SOCKETIO ? take_socketio(v, a, text) : take_plain(v, a, text);
}

/* A message may come in several frames. */
static enum viewer_answer take_part(struct viewer *v, struct audience *a, const struct ws_frame *f)
{
	enum viewer_answer answer;

	if (f->fin && !v->packet.len)
		return take_text(v, a, f->payload);
	buf_str(&v->packet, f->payload);
	if (!f->fin)
		return VIEWER_FINE;
	answer = take_text(v, a, buf_view(&v->packet));
	buf_free(&v->packet);
	return answer;
}

static enum viewer_answer take_frame(struct viewer *v, struct audience *a, const struct target *t,
				     const struct ws_frame *f)
{
	switch (f->opcode) {
	case WS_PING:
		ws_put_client_frame(&a->out, WS_PONG, f->payload);
		return VIEWER_FINE;
	case WS_PONG:
		return VIEWER_FINE;
	case WS_CLOSE:
		return VIEWER_ENDED;
	case WS_CONTINUATION:
	case WS_TEXT:
	case WS_BINARY:
		return plan_is_mqtt(a->plan) ? take_stream(v, a, t, f->payload) : take_part(v, a, f);
	default:
		return VIEWER_BAD;
	}
}

static enum viewer_answer take_frames(struct viewer *v, struct audience *a, const struct target *t, struct str *rest)
{
	enum viewer_answer answer = VIEWER_FINE;
	char *p = (char *)rest->p;
	size_t len = rest->len;
	struct ws_frame frame;
	enum ws_scan scan;

	while (answer <= VIEWER_IN_SYNC && (scan = ws_scan_frame(&p, &len, &frame)) != WS_SCAN_MORE) {
		if (scan == WS_SCAN_BAD)
			return VIEWER_BAD;
		answer = both(answer, take_frame(v, a, t, &frame));
	}
	*rest = (struct str){ p, len };
	return answer;
}

static enum viewer_answer take_upgrade(struct viewer *v, struct audience *a, const struct target *t, struct str *rest)
{
	uint64_t number = 0;
	int status;
	enum ws_scan scan = ws_scan_response(rest, &status);

	if (scan == WS_SCAN_MORE)
		return VIEWER_FINE;
	if (scan == WS_SCAN_BAD)
		return status ? VIEWER_REFUSED : VIEWER_BAD;
	memcpy(&number, v->packet.p, sizeof(number));
	buf_free(&v->packet);
	v->state = VIEWER_LOGIN;
	if (plan_is_mqtt(a->plan))
		login(v, a, t, number);
	return take_frames(v, a, t, rest);
}

static enum viewer_answer take_rest(struct viewer *v, struct audience *a, const struct target *t, struct str *rest)
{
	if (v->state == VIEWER_UPGRADING)
		return take_upgrade(v, a, t, rest);
	if (t->websocket)
		return take_frames(v, a, t, rest);
	return take_packets(v, a, t, rest);
}

enum viewer_answer viewer_take(struct viewer *v, struct audience *a, const struct target *t, char *bytes, size_t len)
{
	struct str rest = { bytes, len };
	enum viewer_answer answer;

	if (v->wire.len) {
		buf_add(&v->wire, bytes, len);
		rest = buf_view(&v->wire);
	}
	answer = take_rest(v, a, t, &rest);
	if (rest.len || v->wire.p)
		keep_rest(&v->wire, rest);
	return answer;
}
