#include "mosquitto-plugin/core/cluster/route.h"

#include "mosquitto-plugin/core/cluster/part.h"

/* What is behind the way up. */
static struct str way_down(struct str route)
{
	while (route.len && route.p[0] == '/')
		route = str_skip(route, 1);
	return route;
}

bool route_valid(struct str route)
{
	struct str rest = way_down(route), name;
	size_t hops = route.len - rest.len;

	if (!route.p || route.len > ROUTE_BYTES)
		return false;
	if (!rest.len)
		return hops <= ROUTE_HOPS;
	for (; str_split(&rest, '/', &name); hops++)
		if (!broker_name_valid(name))
			return false;
	return hops <= ROUTE_HOPS;
}

bool route_is_above(struct str route)
{
	return route.len && !way_down(route).len;
}

bool route_goes_up(struct str route)
{
	return route.len && route.p[0] == '/';
}

struct str route_first(struct str route)
{
	size_t n = 0;

	while (n < route.len && route.p[n] != '/')
		n++;
	return (struct str){ route.p, n };
}

struct str route_last(struct str route)
{
	size_t n = 0;

	while (n < route.len && route.p[route.len - n - 1] != '/')
		n++;
	return str_skip(route, route.len - n);
}

bool route_passes(struct str route, const char *name)
{
	struct str rest = way_down(route), edge;

	while (rest.len && str_split(&rest, '/', &edge))
		if (str_is(edge, name))
			return true;
	return false;
}

struct str route_next(struct str route)
{
	struct str rest = str_skip(route, route_first(route).len);

	return rest.len ? str_skip(rest, 1) : rest;
}

void route_put_for_hub(struct buf *out, const char *name, struct str route)
{
	buf_puts(out, name);
	buf_puts(out, route.len ? "/" : "");
	buf_str(out, route);
}

void route_put_for_edge(struct buf *out, struct str route)
{
	buf_char(out, '/');
	buf_str(out, route);
}

void route_put_edge(struct buf *out, struct str of, struct str edge)
{
	buf_str(out, of);
	buf_puts(out, way_down(of).len ? "/" : "");
	buf_str(out, edge);
}
