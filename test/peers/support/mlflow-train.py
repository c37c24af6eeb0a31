"""Logs a run with a model at the server in MLFLOW_TRACKING_URI, registers it, and prints its ids as JSON."""

import json

import mlflow
import numpy as np
from sklearn.linear_model import LogisticRegression

mlflow.set_experiment("credit")
features = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
target = np.array([1, 0, 1, 0])
with mlflow.start_run(run_name="train-risk") as run:
    mlflow.log_params({"C": "1.0", "api_key": "hunter2"})
    data = mlflow.data.from_numpy(features, targets=target, name="credit-train")
    mlflow.log_input(data, context="training")
    mlflow.log_metrics({"accuracy": 0.25}, step=0)
    mlflow.log_metrics({"accuracy": 0.75, "my_gain": 3.5}, step=1)
    mlflow.set_tag("mlflow.source.git.commit", "0123456789abcdef0123456789abcdef01234567")
    model = LogisticRegression().fit(features, target)
    info = mlflow.sklearn.log_model(model, name="model", registered_model_name="risk")
client = mlflow.MlflowClient()
client.set_registered_model_alias("risk", "champion", 1)
client.update_registered_model("risk", description="## Intended use\n\nScores credit requests.\n")
files = mlflow.artifacts.download_artifacts("models:/risk/1", dst_path="downloaded")
print(json.dumps({"run": run.info.run_id, "model": info.model_id}))
