/** Operations that write files, run Python or programs, or speak to the network wherever a graph is run. */
const dangerous = new Set(
  `ReadFile WriteFile MatchingFiles PyFunc PyFuncStateless EagerPyFunc ImmutableConst
CreateSummaryFileWriter CreateSummaryDbWriter WriteAudioSummary WriteGraphSummary WriteHistogramSummary
WriteImageSummary WriteRawProtoSummary WriteScalarSummary WriteSummary SaveDataset SaveDatasetV2
DatasetToTFRecord ExperimentalDatasetToTFRecord DistributedSave DebugIdentity DebugIdentityV2 DebugIdentityV3
DebugNanCount DebugNumericSummary DebugNumericSummaryV2 DumpTensor RegisterDataset RegisterDatasetV2
DataServiceDataset DataServiceDatasetV2 DataServiceDatasetV3 DataServiceDatasetV4 RpcCall RpcClient RpcServer
RpcServerRegister RpcServerStart`.split(/\s+/),
);

/** Operations that read or write files of a name that the graph chooses, and that some models have a use for. */
const suspicious = new Set(
  `PrintV2 WholeFileReader WholeFileReaderV2 TextLineReader TextLineReaderV2 FixedLengthRecordReader
FixedLengthRecordReaderV2 TFRecordReader TFRecordReaderV2 LMDBReader LMDBDataset TextLineDataset TFRecordDataset
TFRecordDatasetV2 FixedLengthRecordDataset FixedLengthRecordDatasetV2 CSVDataset CSVDatasetV2 SqlDataset
CacheDataset CacheDatasetV2 SnapshotDataset SnapshotDatasetV2 LoadDataset ListDataset SaveSlices ShardedFilespec
GenerateVocabRemapping LoadAndRemapMatrix`.split(/\s+/),
);

/** What an operation of TensorFlow does besides computing; undefined when it does nothing else. */
export function operationSeverity(name: string): "dangerous" | "suspicious" | undefined {
  return dangerous.has(name) ? "dangerous" : suspicious.has(name) ? "suspicious" : undefined;
}
