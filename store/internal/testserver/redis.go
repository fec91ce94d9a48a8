package testserver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Redis is a private Redis server. It keeps nothing on disk unless its arguments
// say so.
type Redis struct {
	*Process
	port int
	cli  string
	args []string
}

// StartRedis starts a server with additional arguments, such as "--appendonly",
// "yes".
func StartRedis(tb testing.TB, args ...string) *Redis {
	tb.Helper()
	port := FreePort(tb)
	r := &Redis{port: port, cli: Find(tb, "redis-cli")}
	r.args = append([]string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", tb.TempDir(), "--save", "", "--daemonize", "no",
	}, args...)
	r.Start(tb)
	return r
}

// Start starts the server again, on the same port and in the same folder, after it was
// stopped or killed.
func (r *Redis) Start(tb testing.TB) {
	tb.Helper()
	r.Process = Start(tb, exec.Command(Find(tb, "redis-server"), r.args...))
	r.WaitReady(tb, func(ctx context.Context) error { return r.says(ctx, "PONG", "ping") })
}

// Address returns the server's host and port.
func (r *Redis) Address() string { return Address(r.port) }

// says runs one command and fails if the answer has not the text in it.
func (r *Redis) says(ctx context.Context, text string, command ...string) error {
	args := append([]string{"-p", strconv.Itoa(r.port)}, command...)
	out, err := exec.CommandContext(ctx, r.cli, args...).CombinedOutput()
	if err == nil && !strings.Contains(string(out), text) {
		err = fmt.Errorf("testserver: redis answers %s", out)
	}
	return err
}

// StartRedisCluster starts a Redis Cluster of primaries without replicas, three at
// the least, and returns its nodes.
func StartRedisCluster(tb testing.TB, nodes int) []*Redis {
	tb.Helper()
	cluster := make([]*Redis, nodes)
	create := []string{"--cluster", "create"}
	for i := range cluster {
		cluster[i] = StartRedis(tb, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(FreePort(tb)))
		create = append(create, cluster[i].Address())
	}
	create = append(create, "--cluster-yes")
	if out, err := exec.CommandContext(tb.Context(), cluster[0].cli, create...).CombinedOutput(); err != nil {
		tb.Fatalf("testserver: redis-cli --cluster create: %v\n%s", err, out)
	}
	for _, node := range cluster {
		node.WaitReady(tb, func(ctx context.Context) error {
			return node.says(ctx, "cluster_state:ok", "cluster", "info")
		})
	}
	return cluster
}

// StartRedisSentinel starts a Sentinel that watches the primary under the name
// "primary" and fails over as soon as it can. It returns the Sentinel's address.
func StartRedisSentinel(tb testing.TB, primary *Redis) string {
	tb.Helper()
	sentinel := &Redis{port: FreePort(tb), cli: primary.cli}
	config := filepath.Join(tb.TempDir(), "sentinel.conf") // it writes its state there
	settings := fmt.Sprintf(`bind 127.0.0.1
port %d
sentinel monitor primary 127.0.0.1 %d 1
sentinel down-after-milliseconds primary 500
sentinel failover-timeout primary 5000
`, sentinel.port, primary.port)
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		tb.Fatalf("testserver: %v", err)
	}
	sentinel.args = []string{config, "--sentinel"}
	sentinel.Start(tb)
	sentinel.WaitReady(tb, func(ctx context.Context) error {
		return sentinel.says(ctx, "num-slaves\n1\n", "sentinel", "master", "primary")
	})
	return sentinel.Address()
}
