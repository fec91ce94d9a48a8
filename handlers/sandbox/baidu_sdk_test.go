package sandbox_test

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

// The SDK is pinned, so that the test says something about the sandbox only.
const baiduSDK = "baidu-aip-sdk@4.16.16"

// TestBaiduOwnNodeSDKWorksAgainstTheSandbox lets a client that Baidu wrote
// fetch its access token from the sandbox, over TLS, and call three endpoints
// with it.
func TestBaiduOwnNodeSDKWorksAgainstTheSandbox(t *testing.T) {
	modules := installBaiduSDK(t)
	fake := sandbox.NewBaidu(sandbox.BaiduConfig{})
	server := httptest.NewTLSServer(fake)
	defer server.Close()
	authority := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(authority, certificate, 0o600))

	run := func(secret string) (answer struct {
		AccessToken string         `json:"access_token"`
		ExpiresIn   int            `json:"expires_in"`
		Made        map[string]any `json:"made"`
		Submitted   map[string]any `json:"submitted"`
		Detail      map[string]any `json:"detail"`
	}) {
		node := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "baidu_sdk", "client.js"))
		node.Env = append(os.Environ(), "NODE_PATH="+modules, "NODE_NO_WARNINGS=1",
			"SANDBOX_URL="+server.URL, "SANDBOX_CA="+authority,
			"API_KEY="+sandbox.BaiduAPIKey, "SECRET_KEY="+secret)
		var complaints bytes.Buffer
		node.Stderr = &complaints
		printed, err := node.Output()
		require.NoError(t, err, complaints.String())
		require.NoError(t, json.Unmarshal(printed, &answer), string(printed))
		return answer
	}

	got := run(sandbox.BaiduSecretKey)
	assert.Regexp(t, `^24\.[0-9a-f]{32}\.2592000\.\d+\.282335-00000001$`, got.AccessToken)
	assert.Equal(t, 2592000, got.ExpiresIn)
	assert.Equal(t, true, got.Made["success"])
	assert.Equal(t, true, got.Submitted["success"])
	assert.Equal(t, "Token无效或者已过期", got.Detail["message"], "nobody has been to the page yet")
	assert.Equal(t, map[string]int{
		sandbox.BaiduToken: 1, sandbox.BaiduGenerate: 1, sandbox.BaiduSubmit: 1, sandbox.BaiduDetail: 1,
	}, fake.Calls(), "one token for all its calls")

	refused := run("AnotherFakeSecretKey")
	assert.Empty(t, refused.AccessToken, "the SDK understood the OAuth error")
	assert.Equal(t, 100.0, refused.Made["error_code"], "it then signs its calls, which the sandbox does not know")
}

// installBaiduSDK installs the SDK once per user and returns its node_modules.
// Without node, npm or a registry the test is skipped, except in CI.
func installBaiduSDK(t *testing.T) string {
	t.Helper()
	unable := t.Skipf
	if os.Getenv("CI") == "true" {
		unable = t.Fatalf
	}
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			unable("this test needs %s: %v", program, err)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	home := filepath.Join(cache, "facegate-test", baiduSDK)
	modules := filepath.Join(home, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, "baidu-aip-sdk")); err == nil {
		return modules
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(home), 0o755))
	fresh, err := os.MkdirTemp(filepath.Dir(home), "install-")
	require.NoError(t, err)
	defer os.RemoveAll(fresh)
	install := exec.CommandContext(t.Context(), "npm", "install", "--no-save", "--no-audit", "--no-fund",
		"--ignore-scripts", "--omit=optional", "--prefix", fresh, baiduSDK)
	if output, err := install.CombinedOutput(); err != nil {
		unable("npm install %s: %v\n%s", baiduSDK, err, output)
	}
	// Another run may have been faster; its result is as good.
	if err := os.Rename(fresh, home); err != nil {
		require.DirExists(t, modules)
	}
	return modules
}
