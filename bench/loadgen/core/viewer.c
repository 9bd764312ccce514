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

static struct str status_topic(const struct plan *p)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s/status", p->prefix);
	return buf_view(&b);
}

int audience_init(struct audience *a, const struct plan *plan)
{
	*a = (struct audience){ .plan = plan };
	a->delta = topic(plan, "delta");
	a->snapshot = topic(plan, "snapshot");
	a->recent = topic(plan, "recent");
	a->status = status_topic(plan);
	return a->delta.len && a->snapshot.len && a->recent.len && a->status.len ? 0 : -1;
}

void audience_free(struct audience *a)
{
	free((char *)a->delta.p);
	free((char *)a->snapshot.p);
	free((char *)a->recent.p);
	free((char *)a->status.p);
	buf_free(&a->out);
}

void viewer_reset(struct viewer *v)
{
	buf_free(&v->wire);
	buf_free(&v->packet);
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

static void subscribe(struct audience *a, const struct target *t)
{
	const struct str feed[3] = { a->delta, a->snapshot, a->recent }, page[2] = { a->delta, a->status };
	const struct str other = str_of(a->plan->filter);

	if (other.p) {
		subscribe_to(a, t, 1, &other, 1);
	} else if (!a->plan->as_page) {
		subscribe_to(a, t, 1, feed, 3);
	} else {
		subscribe_to(a, t, 1, page, 2);
		subscribe_to(a, t, 3, &a->snapshot, 1);
		subscribe_to(a, t, 4, &a->recent, 1);
	}
}

static void unsubscribe(struct audience *a, const struct target *t)
{
	const struct str page[2] = { a->snapshot, a->recent };
	struct buf packet = { 0 };

	mqtt_put_unsubscribe(&packet, plan_mqtt_version(a->plan), 2, page, 2);
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

static void take_delta(struct viewer *v, struct audience *a, struct str payload)
{
	struct feed_message m;
	int64_t missing;

	tally_count(a->tally, COUNT_deliveries, 1);
	if (feed_message_read(payload, &m)) {
		enum feed_verdict verdict = feed_check_delta(&v->feed, &m, &missing);

		note_verdict(a, verdict, missing);
	}
	note_latency(a, &m);
}

/* Servers that are no MQTT brokers know no retained snapshot: for them a viewer is in sync with the first message that it gets. */
static enum viewer_answer take_plain(struct viewer *v, struct audience *a, struct str text)
{
	struct feed_message m;

	if (v->feed.seq < 0 && feed_message_read(text, &m)) {
		v->feed.seq = m.seq;
		v->feed.epoch = m.epoch;
		return v->state == VIEWER_SYNCED ? VIEWER_FINE : in_sync(v, a);
	}
	take_delta(v, a, text);
	return VIEWER_FINE;
}

static enum viewer_answer take_page(struct viewer *v, struct audience *a, const struct target *t,
				    const struct mqtt_message *msg)
{
	struct feed_message m;
	bool exact;

	if (str_eq(msg->topic, a->delta)) {
		take_delta(v, a, msg->payload);
		return VIEWER_FINE;
	}
	if (str_eq(msg->topic, a->status))
		return VIEWER_FINE;
	if (!feed_message_read(msg->payload, &m))
		return VIEWER_BAD;
	exact = str_eq(msg->topic, a->snapshot) ? feed_check_snapshot(&v->feed, &m) : feed_check_recent(&v->feed, &m);
	if (!exact)
		return VIEWER_FINE;
	unsubscribe(a, t);
	return in_sync(v, a);
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

/* The answer for two packets together: the worse one, but VIEWER_IN_SYNC rather than VIEWER_FINE. */
static enum viewer_answer both(enum viewer_answer a, enum viewer_answer b)
{
	return a > b ? a : b;
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
