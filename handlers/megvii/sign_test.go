package megvii_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

const (
	formContentType = "application/x-www-form-urlencoded"
	minimalData     = `{"status":"OK","biz_info":{"biz_id":"1462259748,52b13fb5","biz_no":"order-0001"}}`
)

// fakeSecret signs the callbacks of these tests.
func fakeSecret() handlers.Private { return handlers.Hide("FAKE-api-secret-for-tests-0001") }

// fakeSecrets is the list of just that one.
func fakeSecrets() []handlers.Private { return []handlers.Private{fakeSecret()} }

// callbackForm is the body of a callback, as the vendor sends it.
func callbackForm(data, sign string) []byte {
	return []byte("data=" + url.QueryEscape(data) + "&sign=" + sign)
}

// signedCallback is a callback that Megvii might have sent.
func signedCallback(data string) []byte {
	return callbackForm(data, megvii.Sign(fakeSecret(), []byte(data)))
}

// parseSigned reads data as a rightly signed callback.
func parseSigned(data string) (*megvii.Result, error) {
	return megvii.Parse(signedCallback(data), formContentType, fakeSecrets(), megvii.ParseOptions{})
}

// refusedFor asserts that err is a kit error with that code and reason.
func refusedFor(t *testing.T, err error, code handlers.Code, reason handlers.Reason) {
	t.Helper()
	var refusal *handlers.Error
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, code, refusal.Code)
	assert.Equal(t, reason, refusal.Reason)
}

// signVector is one of the published signatures.
type signVector struct {
	Name   string `json:"name"`
	Secret string `json:"api_secret"`
	Data   string `json:"data"`
	Sign   string `json:"sign"`
	Body   string `json:"form_body"`
}

func signVectors(t *testing.T) []signVector {
	t.Helper()
	text, err := os.ReadFile("testdata/callback.sign-vectors.constructed.json")
	require.NoError(t, err)
	var vectors []signVector
	require.NoError(t, json.Unmarshal(text, &vectors))
	require.Len(t, vectors, 3)
	return vectors
}

func TestCase35TheVectorsVerifyByteForByte(t *testing.T) {
	for _, v := range signVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			secret := handlers.Hide(v.Secret)
			assert.Equal(t, v.Sign, megvii.Sign(secret, []byte(v.Data)))
			matched, ok := megvii.Verify([]byte(v.Data), v.Sign, secret)
			assert.True(t, ok)
			assert.Equal(t, 0, matched)

			result, err := megvii.Parse([]byte(v.Body), formContentType, []handlers.Private{secret}, megvii.ParseOptions{})
			require.NoError(t, err)
			assert.Equal(t, &megvii.Result{
				Status: megvii.StatusOK,
				BizInfo: megvii.BizInfo{
					BizID:     handlers.Hide("1462259748,52b13fb5-8dfb-4537-a62b-a641d5e929f1"),
					BizNo:     "order-0001",
					ExtraData: handlers.Hide("a=1&b=2+3 %25"),
				},
				IDCard: &megvii.IDCardInfo{Mode: "3", Name: handlers.Hide("张三")},
			}, result)
		})
	}
}

func TestSignIsRightForEveryLengthOfSecret(t *testing.T) {
	for n := range 200 {
		secret := strings.Repeat("s", n)
		sum := sha1.Sum([]byte(secret + minimalData))
		assert.Equal(t, hex.EncodeToString(sum[:]), megvii.Sign(handlers.Hide(secret), []byte(minimalData)))
	}
}

func TestCase36AMalformedSignIsRefused(t *testing.T) {
	right := megvii.Sign(fakeSecret(), []byte(minimalData))
	sum, err := hex.DecodeString(right)
	require.NoError(t, err)
	wide := sha256.Sum256([]byte(fakeSecret().Reveal() + minimalData))
	tests := map[string]string{
		"empty":            "",
		"39 digits":        right[:39],
		"41 digits":        right + "0",
		"not hex":          strings.Repeat("g", 40),
		"capitals":         strings.ToUpper(right),
		"a space in front": " " + right,
		"a space behind":   right + " ",
		"a line break":     right + "\n",
		"spaces inside":    right[:20] + " " + right[21:],
		"0x in front":      "0x" + right,
		"0x for the start": "0x" + right[2:],
		"base64":           base64.StdEncoding.EncodeToString(sum),
		"raw bytes":        string(sum),
		"SHA-256":          hex.EncodeToString(wide[:]),
		"SHA-256, cut":     hex.EncodeToString(wide[:20]),
		"full-width":       "０" + right[1:],
	}
	for name, sign := range tests {
		t.Run(name, func(t *testing.T) {
			matched, ok := megvii.Verify([]byte(minimalData), sign, fakeSecret())
			assert.False(t, ok)
			assert.Equal(t, -1, matched)
			_, err := megvii.Parse(callbackForm(minimalData, url.QueryEscape(sign)), formContentType, fakeSecrets(), megvii.ParseOptions{})
			refusedFor(t, err, handlers.CodeBadSignature, "")
		})
	}
}

func TestCase36EveryFlippedBitIsRefused(t *testing.T) {
	sign := []byte(megvii.Sign(fakeSecret(), []byte(minimalData)))
	for bit := range 8 * len(sign) {
		forged := bytes.Clone(sign)
		forged[bit/8] ^= 1 << (bit % 8)
		_, ok := megvii.Verify([]byte(minimalData), string(forged), fakeSecret())
		assert.False(t, ok, "bit %d of sign", bit)
	}
	for bit := range 8 * len(minimalData) {
		forged := []byte(minimalData)
		forged[bit/8] ^= 1 << (bit % 8)
		_, ok := megvii.Verify(forged, string(sign), fakeSecret())
		assert.False(t, ok, "bit %d of data", bit)
	}
}

func TestCase38OtherFormulasAreRefused(t *testing.T) {
	secret := fakeSecret().Reveal()
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(minimalData))
	bare := sha1.Sum([]byte(minimalData))
	swapped := sha1.Sum([]byte(minimalData + secret))
	for name, sum := range map[string][]byte{
		"sha1(data) without a secret": bare[:],
		"sha1(data + secret)":         swapped[:],
		"HMAC-SHA1":                   mac.Sum(nil),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := megvii.Parse(callbackForm(minimalData, hex.EncodeToString(sum)), formContentType, fakeSecrets(), megvii.ParseOptions{})
			refusedFor(t, err, handlers.CodeBadSignature, "")
		})
	}
}

func TestCase38NoSecretVerifiesNothing(t *testing.T) {
	bare := sha1.Sum([]byte(minimalData))
	sign := hex.EncodeToString(bare[:])
	for name, secrets := range map[string][]handlers.Private{
		"no secrets":                nil,
		"an empty secret":           {{}},
		"an empty and a full one":   {{}, fakeSecret()},
		"a full one and an empty":   {fakeSecret(), {}},
		"a hidden text of no bytes": {handlers.Hide("")},
	} {
		t.Run(name, func(t *testing.T) {
			_, ok := megvii.Verify([]byte(minimalData), sign, secrets...)
			assert.False(t, ok)
			_, err := megvii.Parse(callbackForm(minimalData, sign), formContentType, secrets, megvii.ParseOptions{})
			refusedFor(t, err, handlers.CodeBadSignature, "")
		})
	}
}

func TestCase43BothSecretsOfARotationVerifyAndTheResultTellsWhich(t *testing.T) {
	current, previous := handlers.Hide("FAKE-api-secret-for-tests-0002"), fakeSecret()
	for index, secret := range []handlers.Private{current, previous} {
		body := callbackForm(minimalData, megvii.Sign(secret, []byte(minimalData)))
		result, err := megvii.Parse(body, formContentType, []handlers.Private{current, previous}, megvii.ParseOptions{})
		require.NoError(t, err)
		assert.Equal(t, index, result.SignedBy)
	}
	_, err := megvii.Parse(signedCallback(minimalData), formContentType, []handlers.Private{current}, megvii.ParseOptions{})
	refusedFor(t, err, handlers.CodeBadSignature, "")
}

// extend forges a signature for data + padding + suffix out of one right pair,
// without the secret: only its length is guessed.
func extend(t *testing.T, data, sign, suffix string, secretLen int) (forgedData, forgedSign string) {
	t.Helper()
	signedLen := secretLen + len(data)
	padding := append([]byte{0x80}, make([]byte, (119-signedLen%64)%64)...)
	padding = binary.BigEndian.AppendUint64(padding, uint64(signedLen)*8)
	require.Zero(t, (signedLen+len(padding))%64)

	sum, err := hex.DecodeString(sign)
	require.NoError(t, err)
	state := append([]byte("sha\x01"), sum...)
	state = append(state, make([]byte, sha1.BlockSize)...)
	state = binary.BigEndian.AppendUint64(state, uint64(signedLen+len(padding)))

	h := sha1.New()
	require.NoError(t, h.(encoding.BinaryUnmarshaler).UnmarshalBinary(state))
	h.Write([]byte(suffix))
	return data + string(padding) + suffix, hex.EncodeToString(h.Sum(nil))
}

func TestCase41ALengthExtensionForgeryIsRefused(t *testing.T) {
	suffixes := []string{
		"", "   ", "}", "\n", `{"status":"OK"}`, `,"status":"OK"}`, `"}`, "\x00", minimalData,
		`{"status":"OK","liveness_result":{"result":"PASS"}}`,
	}
	original := strings.Replace(minimalData, "OK", "FAILED", 1)
	for secretLen := 8; secretLen <= 64; secretLen++ {
		secret := handlers.Hide(strings.Repeat("k", secretLen))
		sign := megvii.Sign(secret, []byte(original))
		for _, suffix := range suffixes {
			data, forged := extend(t, original, sign, suffix, secretLen)

			// The forgery is real: without the strict reader it would be believed.
			_, verifies := megvii.Verify([]byte(data), forged, secret)
			require.True(t, verifies)

			result, err := megvii.Parse(callbackForm(data, forged), formContentType, []handlers.Private{secret}, megvii.ParseOptions{})
			assert.Nil(t, result)
			refusedFor(t, err, handlers.CodeMalformed, megvii.ReasonTrailingBytes)
			_, err = megvii.DecodeResult([]byte(data))
			refusedFor(t, err, handlers.CodeMalformed, megvii.ReasonTrailingBytes)
		}
	}
}

func TestCase41AForgeryIsRefusedAtEveryDoor(t *testing.T) {
	secret := handlers.Hide(clientSecret)
	data, forged := extend(t, minimalData, megvii.Sign(secret, []byte(minimalData)), `{"status":"OK"}`, len(clientSecret))
	urlencoded := callbackForm(data, forged)
	parts, multipart := multipartForm(t, [2]string{"data", data}, [2]string{"sign", forged})
	vendor := vendorAt(t, "", func(c *megvii.Config) { c.AcceptMultipart = true })
	gate := newSignatureGate(t, megvii.RequireSignatureOptions{Secrets: []handlers.Private{secret}, AcceptMultipart: true})
	for contentType, body := range map[string][]byte{formContentType: urlencoded, multipart: parts} {
		for _, carrier := range []handlers.Carrier{handlers.CarrierNotify, handlers.CarrierReturn} {
			notice, err := vendor.Parse(handlers.Callback{Carrier: carrier, Method: http.MethodPost, ContentType: contentType, Body: body})
			refusedFor(t, err, handlers.CodeMalformed, megvii.ReasonTrailingBytes)
			assert.False(t, notice.Authentic)
		}
		r := formPost("/notify", body)
		r.Header.Set("Content-Type", contentType)
		assert.Equal(t, http.StatusBadRequest, gate.serve(r).Code)
		assert.Empty(t, gate.passed)
	}
}

func TestCase41AWrongGuessOfTheLengthDoesNotEvenVerify(t *testing.T) {
	sign := megvii.Sign(fakeSecret(), []byte(minimalData))
	data, forged := extend(t, minimalData, sign, "}", len(fakeSecret().Reveal())+1)
	_, ok := megvii.Verify([]byte(data), forged, fakeSecret())
	assert.False(t, ok)
}

func TestCase42NoReaderOfVendorDataIsLenient(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	inner, err := filepath.Glob("../internal/*/*.go")
	require.NoError(t, err)
	for _, name := range append(files, inner...) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, lenient := range []string{"NewDecoder(", `"encoding/json"`, "UnmarshalRead(", "FormValue(", "ParseForm(", "AllowInvalidUTF8", "AllowDuplicateNames"} {
			assert.NotContains(t, string(source), lenient, name)
		}
	}
}

func TestVerifyDoesNotAllocate(t *testing.T) {
	data, secret := []byte(minimalData), handlers.Hide(strings.Repeat("long secret ", 20))
	sign := megvii.Sign(secret, data)
	assert.Zero(t, testing.AllocsPerRun(100, func() { megvii.Verify(data, sign, secret) }))
}
