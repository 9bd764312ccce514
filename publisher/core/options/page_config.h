/* page_config - what a publisher tells its pages at /config.json, so that no address needs parameters (schema/config.schema.json):
 *
 *   {"version":1,"prefix":"scoreboard/track1","title":"Track 1","addresses":["http://192.168.1.20:8080/"],
 *    "servers":["ws://STAR:9002/mqtt"],"history":false,
 *    "tracks":[{"prefix":"scoreboard/track1","title":"Track 1"},{"prefix":"scoreboard/track2","title":"Track 2"}]}
 *
 * (with a star for STAR: the page puts the host that it came from there). It is at most some 30 kB, whatever the options say. */
#ifndef PUBLISHER_PAGE_CONFIG_H
#define PUBLISHER_PAGE_CONFIG_H

#include "base/buf.h"
#include "base/str.h"

#define PAGE_CONFIG_VERSION 1
#define PAGE_TEXT_MAX_BYTES 200 /* of an address, of a track's prefix and of its title */
#define PAGE_SERVERS_MAX 8
#define PAGE_TRACKS_MAX 64 /* as many as a policy has places for, see docs/scaling.md */

/* The texts belong to the caller. None is NULL. */
struct page_config {
	const char *prefix;
	const char *title;     /* for people; may be empty */
	const char *addresses; /* of the pages, with blanks between, as about_valid() takes them; may be empty */
	const char *servers;   /* brokers' addresses, likewise: ws:// or wss:// */
	const char *tracks;    /* "PREFIX=TITLE, PREFIX=TITLE ...", the publisher's own among them; may be empty */
	bool history;          /* this publisher keeps games */
};

/* The next track of such a list; both view it. False: there is none, *rest is used up. What has no "=TITLE" has the prefix's last
 * level for a title. */
bool page_config_track(struct str *rest, struct str *prefix, struct str *title) __attribute__((warn_unused_result));

/* May the option's text be told? False: there is something else among the addresses; a title is empty; a text is too long or no UTF-8; or
 * there are too many. Whether a track's prefix is one, the caller checks. */
bool page_config_servers_valid(const char *servers) __attribute__((warn_unused_result));
bool page_config_tracks_valid(const char *tracks) __attribute__((warn_unused_result));

/* Appends what is told, of valid ones. */
void page_config_write(const struct page_config *p, struct buf *out);

#endif
