package cmd

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

func (a *app) cacheCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "cache",
		Short: "The renderings that are kept behind the memory of the process",
		Long: `The renderings that are kept behind the memory of the process: on disk or in
Redis, as --cache or the setting cache.backend says. The memory itself ends with
each command.`,
	}
	var format string
	stats := &cobra.Command{
		Use:   "stats",
		Short: "How many renderings are kept where",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := oneOf("format", format, "human", "json"); err != nil {
				return err
			}
			o, err := a.global.options(nil)
			if err != nil {
				return err
			}
			stores, err := engine.CacheStores(c.Context(), o)
			if err != nil {
				return err
			}
			return a.writeCacheStores(stores, format)
		},
	}
	stats.Flags().StringVar(&format, "format", "human", "output `human|json`")
	clearAll := &cobra.Command{
		Use:   "clear",
		Short: "Drop all renderings that are kept",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o, err := a.global.options(nil)
			if err != nil {
				return err
			}
			cleared, err := engine.ClearCaches(c.Context(), o)
			for _, name := range cleared {
				a.progressf("cleared %s", name)
			}
			if err == nil && len(cleared) == 0 {
				a.progressf("renderings are kept in memory only: there is nothing to clear")
			}
			return err
		},
	}
	c.AddCommand(stats, clearAll)
	return c
}

// cacheStats is the JSON form of cache stats.
type cacheStats struct {
	Schema string       `json:"schema"`
	Stores []cacheStore `json:"stores"`
}

type cacheStore struct {
	Name    string `json:"name"`
	Records int    `json:"records"`
	Bytes   int64  `json:"bytes"`
	Max     int64  `json:"max_bytes"` // 0 when the store bounds itself
}

func (a *app) writeCacheStores(stores []engine.CacheStore, format string) error {
	if format == "json" {
		out := cacheStats{Schema: "clnrm.cache/1", Stores: []cacheStore{}}
		for _, s := range stores {
			out.Stores = append(out.Stores, cacheStore(s))
		}
		return json.NewEncoder(a.stdout).Encode(out)
	}
	if len(stores) == 0 {
		_, err := fmt.Fprintln(a.stdout, "renderings are kept in memory only; --cache disk keeps them")
		return err
	}
	for _, s := range stores {
		bound := "no bound of ours"
		if s.Max > 0 {
			bound = fmt.Sprintf("at most %d", s.Max)
		}
		if _, err := fmt.Fprintf(a.stdout, "%s: %d records, %d bytes, %s\n", s.Name, s.Records, s.Bytes, bound); err != nil {
			return err
		}
	}
	return nil
}
