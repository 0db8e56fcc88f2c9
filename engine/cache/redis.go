package cache

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// What the library would write to standard error, past our own messages and over
// a dashboard, is in the errors that it returns.
func init() { logging.Disable() }

const (
	// redisPrefix begins the name of every key of ours.
	redisPrefix = "clnrm:renderings:"
	// redisKeep is how long a record that nobody writes again is kept.
	redisKeep = 7 * 24 * time.Hour
	// redisStart is how long the server may take to answer at the start.
	redisStart = 2 * time.Second
	// redisPage is how many keys are asked for at once.
	redisPage = 500
)

// Redis keeps records in a Redis server, so that several machines share them.
// They expire a week after they were written; how much the server holds at most
// is its own setting (maxmemory).
type Redis struct {
	client *redis.Client
	label  string
}

// NewRedis connects to the server at address, "redis://[user:password@]host:port/db"
// ("rediss" for TLS, "unix" for a socket). The error says that the address is no
// such one, or, wrapping [ErrUnreachable], that no server answers there.
func NewRedis(ctx context.Context, address string) (*Redis, error) {
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, fmt.Errorf("%s is no address of a Redis server", withoutPassword(address))
	}
	o.ReadTimeout, o.WriteTimeout, o.DialTimeout = farTimeout, farTimeout, redisStart
	o.ContextTimeoutEnabled, o.MaxRetries, o.DisableIdentity = true, -1, true
	r := &Redis{client: redis.NewClient(o), label: withoutPassword(address)}
	ctx, cancel := context.WithTimeout(ctx, redisStart)
	defer cancel()
	if err := r.client.Ping(ctx).Err(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w: %w", r.label, ErrUnreachable, err), r.client.Close())
	}
	return r, nil
}

// ErrUnreachable says that a store cannot be used now, which is nobody's mistake.
var ErrUnreachable = errors.New("the cache cannot be used")

// isRedis reports whether spec is the address of a Redis server.
func isRedis(spec string) bool {
	u, err := url.Parse(spec)
	if err != nil {
		return false
	}
	_, err = redis.ParseURL(spec)
	return err == nil && (u.Host != "" && (u.Scheme == "redis" || u.Scheme == "rediss") || u.Scheme == "unix" && u.Path != "")
}

// withoutPassword is an address as it may be shown.
func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the address"
	}
	return u.Redacted()
}

// Label implements [Blobs].
func (r *Redis) Label() string { return r.label }

// Get implements [Blobs].
func (r *Redis) Get(ctx context.Context, name string) ([]byte, error) {
	data, err := r.client.Get(ctx, redisPrefix+name).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if len(data) > maxRecord+1024 {
		return []byte{}, err // no record of ours; who asked drops it
	}
	return data, err
}

// Put implements [Blobs].
func (r *Redis) Put(ctx context.Context, name string, data []byte) error {
	return r.client.Set(ctx, redisPrefix+name, data, redisKeep).Err()
}

// Delete implements [Blobs].
func (r *Redis) Delete(ctx context.Context, name string) error {
	return r.client.Del(ctx, redisPrefix+name).Err()
}

// Clear implements [Blobs].
func (r *Redis) Clear(ctx context.Context) error {
	return r.each(ctx, func(keys []string) error { return r.client.Unlink(ctx, keys...).Err() })
}

// Stats implements [Blobs]. Bytes are those of the values, without what the
// server adds.
func (r *Redis) Stats(ctx context.Context) (BackendStats, error) {
	var s BackendStats
	err := r.each(ctx, func(keys []string) error {
		p := r.client.Pipeline()
		for _, k := range keys {
			p.StrLen(ctx, k)
		}
		lengths, err := p.Exec(ctx)
		for _, l := range lengths {
			if n, ok := l.(*redis.IntCmd); ok && n.Err() == nil {
				s.Entries++
				s.Bytes += n.Val()
			}
		}
		return err
	})
	return s, err
}

// each visits all keys of ours, some at a time.
func (r *Redis) each(ctx context.Context, visit func(keys []string) error) error {
	var cursor uint64
	for {
		keys, next, err := r.client.Scan(ctx, cursor, redisPrefix+"*", redisPage).Result()
		if err != nil {
			return err
		}
		if len(keys) > 0 {
			if err := visit(keys); err != nil {
				return err
			}
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// Close implements [Blobs].
func (r *Redis) Close() error { return r.client.Close() }
