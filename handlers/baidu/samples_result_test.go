package baidu

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

func TestSimpleSamples(t *testing.T) {
	d := newDouble()
	d.says(endpointSimple, sample(t, "31-simple-ok.json"))
	simple, err := d.client(t).ResultSimple(context.Background(), asked())
	require.NoError(t, err)
	assert.Equal(t, "https://brain.baidu.com/solution/faceprint/image/query?verify_token="+fakeVerify, simple.Image.Reveal())
	assert.Equal(t, "1054986003", simple.LogID)
	assert.Nil(t, simple.Failure)
	assert.JSONEq(t, sample(t, "30-result-query-request.json"), string(d.bodies[endpointSimple]))

	d.says(endpointSimple, sample(t, "32-simple-fail.constructed.json"))
	simple, err = d.client(t).ResultSimple(context.Background(), asked())
	require.NoError(t, err, "a failed check is no failed call")
	require.NotNil(t, simple.Failure)
	assert.Equal(t, 223120, simple.Failure.Code)
	assert.Equal(t, ReasonLiveness, simple.Failure.Reason())
	assert.Equal(t, "170000000000032", simple.LogID)
	assert.True(t, simple.Image.IsZero())
}

func TestDetailSamples(t *testing.T) {
	ask := func(t *testing.T, file string, images bool) Detail {
		d := newDouble()
		d.says(endpointDetail, sample(t, file))
		q := asked()
		q.Images = images
		detail, err := d.client(t).ResultDetail(context.Background(), q)
		require.NoError(t, err)
		assert.True(t, detail.OwnToken)
		return detail
	}
	t.Run("40: passed, with the card", func(t *testing.T) {
		detail := ask(t, "40-detail-ok-ocr.json", true)
		assert.True(t, detail.Passed)
		assert.Nil(t, detail.Failure)
		assert.True(t, detail.HasResult)
		assert.Equal(t, new(93.7835), detail.Score)
		assert.Equal(t, new(0.9672966), detail.LivenessScore)
		assert.Equal(t, new(0.0), detail.Spoofing)
		assert.Nil(t, detail.Demoted)
		assert.Empty(t, detail.VerifyLogID)
		assert.Empty(t, detail.RiskLevel)
		assert.True(t, detail.RiskTag.IsZero())
		assert.Equal(t, "160931948204246", detail.LogID)
		require.NotNil(t, detail.Confirmed)
		assert.Equal(t, fakeName, detail.Confirmed.Name.Reveal())
		assert.Equal(t, wrongNumber, detail.Confirmed.Number.Reveal())
		assert.Empty(t, detail.Confirmed.Type)
		require.NotNil(t, detail.Card)
		assert.Equal(t, fakeName, detail.Card.Name.Reveal())
		assert.Equal(t, wrongNumber, detail.Card.Number.Reveal())
		assert.Equal(t, "女", detail.Card.Gender.Reveal())
		assert.Equal(t, "汉", detail.Card.Nation.Reveal())
		assert.Equal(t, "19000101", detail.Card.Birthday.Reveal())
		assert.Equal(t, "测试省测试市测试路0号", detail.Card.Address.Reveal())
		assert.Equal(t, "测试市公安局", detail.Card.IssueAuthority.Reveal())
		assert.Equal(t, "20121103", detail.Card.IssueTime.Reveal())
		assert.Equal(t, "20221103", detail.Card.ExpireTime.Reveal())
		assert.Equal(t, []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"), detail.Front.Reveal())
		assert.Equal(t, detail.Front.Reveal(), detail.Back.Reveal())
	})
	t.Run("40: case 150, the pictures are not kept unless asked for", func(t *testing.T) {
		detail := ask(t, "40-detail-ok-ocr.json", false)
		assert.True(t, detail.Front.IsZero())
		assert.True(t, detail.Back.IsZero())
	})
	t.Run("41: passed, with risk fields and is_demote inside result", func(t *testing.T) {
		detail := ask(t, "41-detail-ok-no-ocr.constructed.json", true)
		assert.True(t, detail.Passed)
		assert.Equal(t, new(91.25), detail.Score)
		assert.Equal(t, new(0.0), detail.LivenessScore)
		assert.Equal(t, new(0.0), detail.Spoofing)
		assert.Equal(t, "1700000000000000041", detail.VerifyLogID)
		assert.Equal(t, "3", detail.RiskLevel)
		assert.True(t, detail.RiskTag.IsZero())
		assert.Equal(t, new(false), detail.Demoted)
		assert.Equal(t, fakeName, detail.Confirmed.Name.Reveal())
		assert.Equal(t, wrongNumber, detail.Confirmed.Number.Reveal())
		assert.Nil(t, detail.Card)
		assert.Equal(t, "170000000000041", detail.LogID)
	})
	t.Run("42: name and number do not match", func(t *testing.T) {
		detail := ask(t, "42-detail-fail-mismatch.constructed.json", false)
		assert.False(t, detail.Passed)
		assert.False(t, detail.HasResult)
		assert.Nil(t, detail.Score, "missing is not zero")
		assert.Nil(t, detail.Confirmed)
		require.NotNil(t, detail.Failure)
		assert.Equal(t, 222351, detail.Failure.Code)
		assert.Equal(t, ClassUser, detail.Failure.Class)
		assert.Equal(t, handlers.ReasonIdentityMismatch, detail.Failure.Reason())
		assert.Equal(t, "170000000000042", detail.LogID)
	})
	t.Run("44: a token that is not served", func(t *testing.T) {
		detail := ask(t, "44-token-invalid.constructed.json", false)
		require.NotNil(t, detail.Failure)
		assert.Equal(t, 0, detail.Failure.Code)
		assert.Equal(t, ClassVerifyToken, detail.Failure.Class)
		assert.Equal(t, ReasonTokenInvalid, detail.Failure.Reason())
		assert.Equal(t, "170000000000044", detail.LogID)
	})
}

func TestStatSamples(t *testing.T) {
	d := newDouble()
	d.says(endpointStat, sample(t, "50-stat-ok.repaired.json"))
	stat, err := d.client(t).ResultStat(context.Background(), asked())
	require.NoError(t, err)
	one := []StatCount{{0, 1}}
	assert.Equal(t, Stat{LogID: "1405335905", Calls: map[string][]StatCount{
		"Verify_FIN": one, "Sessioncode": one, "OCR": {{0, 2}}, "verify": one,
		"VideoLiveness": one, "Livenesscolorful": one, "VerifySec": one,
	}}, stat)

	d.says(endpointStat, sample(t, "51-stat-string-variant.constructed.json"))
	stat, err = d.client(t).ResultStat(context.Background(), asked())
	require.NoError(t, err)
	assert.Equal(t, Stat{LogID: "170000000000051", Calls: map[string][]StatCount{
		"VideoLiveness": {{0, 1}, {223120, 2}},
	}}, stat)
}

func TestMediaSample(t *testing.T) {
	d := newDouble()
	d.says(endpointMedia, sample(t, "60-media-ok-vendor-example.json"))
	media, err := d.client(t).MediaQuery(context.Background(), asked())
	require.NoError(t, err)
	assert.Equal(t, []string{"http://bj.bcebos.com/v1/fake.mp4"}, plain(media.ProcessVideo))
	assert.Equal(t, []string{"http://bj.bcebos.com/v1/fake.mp4"}, plain(media.Video))
	assert.Equal(t, []string{"http://bj.bcebos.com/v1/fake.jpg"}, plain(media.Images))
	assert.True(t, media.ExtInfo.IsZero())
	assert.Equal(t, "1534116864874049322", media.LogID)
}

func TestAllSamples(t *testing.T) {
	tests := []struct {
		file, logID, message, risk, tag string
		ocr, match                      int
		spare                           float64 // the reserved scores
		card                            bool
	}{
		{file: "70-getall-vendor-example-nested.json", logID: "123456", risk: "1", tag: "xxx", ocr: 1, match: 1, spare: 80, card: true},
		{file: "71-getall-as-table.constructed.json", logID: "170000000000071", message: "核验成功", risk: "3", ocr: 1, card: true},
		{file: "73-getall-extra-fields.clientmodel.json", logID: "170000000000073", message: "核验成功", risk: "3"},
	}
	china := time.FixedZone("UTC+8", 8*60*60)
	at := time.Date(2023, 10, 10, 10, 10, 11, 0, china)
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			d := newDouble()
			d.says(endpointAll, sample(t, tt.file))
			all, err := d.client(t).ResultAll(context.Background(), asked())
			require.NoError(t, err)
			assert.Equal(t, tt.logID, all.LogID)
			assert.Equal(t, 1, all.Count)
			assert.Equal(t, tt.ocr, all.OCRCharges)
			assert.Equal(t, tt.match, all.MatchCharges)
			assert.Equal(t, 1, all.VerifyCharges)
			assert.True(t, all.OwnToken)
			last, ok := all.Last()
			require.True(t, ok)
			assert.Equal(t, 1, last.Order)
			assert.True(t, last.Passed)
			assert.True(t, last.Clean())
			assert.Equal(t, new(0), last.Code)
			assert.Equal(t, tt.message, last.Message.Reveal())
			assert.True(t, at.Equal(last.At))
			assert.True(t, last.Charged)
			assert.Equal(t, "verify", last.ChargeType)
			assert.True(t, at.Equal(last.ChargedAt))
			assert.Equal(t, "https://img.example/1.jpg", last.FaceImage.Reveal())
			assert.Equal(t, "1700000000000000001", last.VerifyLogID)
			assert.Equal(t, new(89.9), last.Score)
			assert.Equal(t, new(80.0), last.Threshold)
			assert.Equal(t, &tt.spare, last.LivenessScore)
			assert.Equal(t, &tt.spare, last.SpoofingScore)
			assert.Equal(t, tt.risk, last.RiskLevel)
			assert.Equal(t, tt.tag, last.RiskTag.Reveal())
			assert.Equal(t, new(false), last.Demoted)
			assert.Equal(t, fakeName, last.Confirmed.Name.Reveal())
			assert.Equal(t, wrongNumber, last.Confirmed.Number.Reveal())
			assert.Equal(t, "0", last.Confirmed.Type)
			if !tt.card {
				assert.Nil(t, last.Card)
				assert.False(t, last.OCRCharged)
				assert.Nil(t, last.OCRCount)
				assert.True(t, last.OCRChargedAt.IsZero())
				assert.True(t, last.FrontImage.IsZero())
				return
			}
			assert.True(t, last.OCRCharged)
			assert.Equal(t, new(2), last.OCRCount)
			assert.True(t, at.Add(-time.Second).Equal(last.OCRChargedAt))
			require.NotNil(t, last.Card, "wherever the vendor nests it")
			assert.Equal(t, fakeName, last.Card.Name.Reveal())
			assert.Equal(t, wrongNumber, last.Card.Number.Reveal())
			assert.Equal(t, "0", last.Card.Type)
			assert.Equal(t, "男", last.Card.Gender.Reveal())
			assert.Equal(t, "汉族", last.Card.Nation.Reveal())
			assert.Equal(t, "2020-10-10 10:10:10", last.Card.Birthday.Reveal())
			assert.Equal(t, "测试省测试市", last.Card.Address.Reveal())
			assert.Equal(t, "测试市公安局", last.Card.IssueAuthority.Reveal())
			assert.Equal(t, "2020-10-10 10:10:10", last.Card.IssueTime.Reveal())
			assert.Equal(t, "2028-10-10 10:10:10", last.Card.ExpireTime.Reveal())
			assert.Equal(t, "https://img.example/front.jpg", last.FrontImage.Reveal())
			assert.Equal(t, "https://img.example/back.jpg", last.BackImage.Reveal())
		})
	}
}
